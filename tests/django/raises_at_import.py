"""A module of a project that fails while it is imported."""

from __future__ import annotations

raise RuntimeError("at import")
