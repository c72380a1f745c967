"""The site and the HTML report pass axe's audit in Chromium: wide and narrow, light and dark.

The site is the one that ``tox run -e site`` has just built; its folder is named by BRIDGEKIT_TEST_SITE.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.browser import CHROMIUM, Page, open_page

axe_playwright_python = pytest.importorskip("axe_playwright_python")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)")

ROOT = Path(__file__).parents[2]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
PAGES = ["index", "guides/deploy", "check", "search", "architecture"]
RUN = "axe.run(document).then(r => JSON.stringify(r.violations.map(v => [v.id, v.impact, v.nodes[0].target.join(' ')])))"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_page(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    command = [
        sys.executable,
        "-m",
        "bridgekit",
        "check",
        "--exit-zero",
        "--format",
        "html",
        "--output",
        str(file),
    ]
    subprocess.run(command, cwd=ROOT / "tests/check/projects/startproject", check=True, capture_output=True)
    return file


def violations(page: Page, file: Path, width: int, scheme: str) -> list[list[str]]:
    page.command(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
    )
    page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.events.clear()
    page.go(file.as_uri())
    page.evaluate(f"{AXE};0")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the window"
    found: list[list[str]] = json.loads(page.evaluate(RUN))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_site(page: Page, name: str, width: int, scheme: str) -> None:
    site = os.environ.get("BRIDGEKIT_TEST_SITE")
    if site is None:
        pytest.skip("the site is built by tox run -e site")
    assert not violations(page, Path(site) / f"{name}.html", width, scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 400])
def test_the_report(page: Page, report: Path, width: int, scheme: str) -> None:
    assert not violations(page, report, width, scheme)
