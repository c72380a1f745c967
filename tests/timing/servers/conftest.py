"""Leaves these tests out where the servers are not installed (the tox environment ``timing`` has them)."""

from __future__ import annotations

import importlib.util

collect_ignore_glob: list[str] = []

if any(importlib.util.find_spec(name) is None for name in ("gunicorn", "uvicorn", "prometheus_client")):
    collect_ignore_glob.append("test_*.py")
