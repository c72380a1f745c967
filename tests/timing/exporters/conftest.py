"""Leaves out the tests of exporters whose extra is not installed."""

from __future__ import annotations

import importlib.util

collect_ignore: list[str] = []

if importlib.util.find_spec("prometheus_client") is None:
    collect_ignore.append("test_prometheus.py")
if importlib.util.find_spec("opentelemetry") is None or importlib.util.find_spec("opentelemetry.sdk") is None:
    collect_ignore += ["test_opentelemetry.py", "test_opentelemetry_histograms.py"]
