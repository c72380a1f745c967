"""Where a package is missing that only some exporters need, one line says what to install."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXTRAS = {
    "prometheus": ("prometheus_client", "prometheus"),
    "metrics_page": ("prometheus_client", "prometheus"),
    "opentelemetry": ("opentelemetry", "opentelemetry"),
    "opentelemetry_histograms": ("opentelemetry", "opentelemetry"),
}


@pytest.mark.parametrize("module", EXTRAS)
def test_a_missing_package_is_one_line_that_names_the_extra(module: str) -> None:
    package, extra = EXTRAS[module]
    code = f"import sys; sys.modules[{package!r}] = None; import bridgekit.timing.exporters.{module}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ModuleNotFoundError: bridgekit.timing.exporters.{module} needs {package}")
    assert last.endswith(f"pip install 'bridgekit[{extra}]'")
    assert done.stderr.count("Traceback") == 1


def test_the_extras_bring_what_the_modules_need() -> None:
    """The SDK, too: `OpenTelemetryHistograms` is one of its exporters."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert any(need.startswith("opentelemetry-sdk") for need in extras["opentelemetry"])
    assert any(need.startswith("prometheus-client") for need in extras["prometheus"])
