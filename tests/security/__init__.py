"""What hostile clients, applications and projects send, and what may not come of it."""

from __future__ import annotations
