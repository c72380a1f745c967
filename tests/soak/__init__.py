"""Many requests of every kind at once on a real server, each with a token of its own that has to come back."""

from __future__ import annotations
