"""The only place where threads and event loops meet."""

from __future__ import annotations
