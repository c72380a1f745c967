"""What BRG023, BRG024 and BRG101 to BRG105 call broken breaks on a running Django, and what they let pass works.

The projects are those of the rules' own tests. All are asked in one process of their own: Django is set up once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bridgekit.check.findings.pages import rule_page
from tests.check.async_views.checking import findings
from tests.check.rules import test_brg023_connection_state as brg023
from tests.check.rules import test_brg024_query_in_ready as brg024
from tests.check.rules import test_brg101_sync_around_async as brg101
from tests.check.rules import test_brg102_view_query as brg102
from tests.check.rules import test_brg103_sync_stream as brg103
from tests.check.rules import test_brg104_view_blocking as brg104
from tests.check.rules import test_brg105_view_coroutine as brg105
from tests.check.rules.running import brg017, views_broken, views_further, views_right

pytest.importorskip("django")

Answer = Mapping[str, Any]

AROUND = {
    "BRG023": "# file: settings.py\nMIDDLEWARE += ['PACKAGE.views.Layer']\n",
    "BRG024": "async def a(request):\n    return HttpResponse('a')\n# file: settings.py\nINSTALLED_APPS += ['PACKAGE.apps.Config']\n# file: apps.py\n",
}
"""What the pages leave out: what names the layer, and the view of a project whose application is shown."""


def of_page(code: str, section: str) -> str:
    """The project that a section of the rule's page shows."""
    _, _, rest = rule_page(code).partition(f"## {section}\n")
    block = rest.partition("```python\n")[2].partition("```")[0]
    around = AROUND.get(code, "")
    return around + block.replace('"shop"', '"PACKAGE"') if code == "BRG024" else block + around


def _fails(answer: Answer) -> bool:
    return 500 in (answer["staff"][0], answer["anonymous"][0])


def _warns(answer: Answer) -> bool:
    return any("StreamingHttpResponse must consume" in text for text in answer["warned"])


SHOWS: Mapping[str, tuple[Any, Callable[[Answer], bool]]] = {
    "BRG023": (brg023, lambda answer: "lost" in answer["staff"][1]),
    "BRG024": (brg024, lambda answer: answer["ready"] == "SynchronousOnlyOperation"),
    "BRG101": (brg101, _fails),
    "BRG102": (brg102, _fails),
    "BRG103": (brg103, _warns),
    "BRG104": (brg104, lambda answer: bool(answer["blocked"])),
    "BRG105": (brg105, _fails),
}
"""Of each rule the module with its projects, and how a running Django shows that one is broken."""
FURTHER_BROKEN = {
    code: {**projects, **views_further.BROKEN.get(code, {})} for code, projects in views_broken.BROKEN.items()
}
FURTHER_RIGHT = {
    code: {**projects, **views_further.RIGHT.get(code, {})} for code, projects in views_right.RIGHT.items()
}
PROJECTS = [
    ("BROKEN", "BRG017", brg017.BROKEN),
    ("RIGHT", "BRG017", brg017.RIGHT),
    *(("BROKEN", code, projects) for code, projects in FURTHER_BROKEN.items()),
    *(("RIGHT", code, projects) for code, projects in FURTHER_RIGHT.items()),
]
"""Those that the rules' own tests do not have."""
BROKEN_OF = {code: {**module.BROKEN, **FURTHER_BROKEN.get(code, {})} for code, (module, _) in SHOWS.items()}
RIGHT_OF = {code: {**module.RIGHT, **FURTHER_RIGHT.get(code, {})} for code, (module, _) in SHOWS.items()}
BROKEN_OF["BRG017"], RIGHT_OF["BRG017"] = brg017.BROKEN, brg017.RIGHT
BROKEN = [(code, title) for code, projects in BROKEN_OF.items() for title in projects]
RIGHT = [(code, title) for code, projects in RIGHT_OF.items() for title in projects]


def _shows(code: str, answer: Answer) -> bool:
    """Whether it is broken; a view under ATOMIC_REQUESTS fails."""
    return SHOWS[code][1](answer) if code in SHOWS else _fails(answer)


def _key(code: str, kind: str, title: str) -> str:
    return f"{code} {kind} {title}"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Answer]:
    """What the installed Django answers to each project, by `_key`."""
    folder = tmp_path_factory.mktemp("projects")
    projects = {
        _key(code, kind, title): text
        for kind, families in (("BROKEN", BROKEN_OF), ("RIGHT", RIGHT_OF))
        for code, texts in families.items()
        for title, text in texts.items()
    }
    for code in SHOWS:
        projects[_key(code, "page", "Example")] = of_page(code, "Example")
        projects[_key(code, "page", "Use instead")] = of_page(code, "Use instead")
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.check.async_views.oracle", str(folder)],
        input=json.dumps(projects),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        timeout=300,
        check=True,
    )
    answers: Mapping[str, Answer] = json.loads(ran.stdout)
    return answers


@pytest.mark.parametrize(("code", "title"), BROKEN)
def test_what_is_found_breaks(code: str, title: str, answers: Mapping[str, Answer]) -> None:
    """No rule of these blames what works."""
    answer = answers[_key(code, "BROKEN", title)]
    assert _shows(code, answer), answer


@pytest.mark.parametrize(("code", "title"), RIGHT)
def test_what_passes_works(code: str, title: str, answers: Mapping[str, Answer]) -> None:
    """Nor is what is right in the tests broken in any way that Django shows."""
    answer = answers[_key(code, "RIGHT", title)]
    assert not _shows(code, answer), answer
    assert not _fails(answer), answer


@pytest.mark.parametrize("code", SHOWS)
def test_the_forms_of_a_page_are_broken_and_right(
    code: str, answers: Mapping[str, Answer], tmp_path: Path
) -> None:
    """To the rule and to a running Django alike."""
    assert findings(code, "example", of_page(code, "Example"), tmp_path / "example")
    assert not findings(code, "instead", of_page(code, "Use instead"), tmp_path / "instead")
    assert SHOWS[code][1](answers[_key(code, "page", "Example")])
    right = answers[_key(code, "page", "Use instead")]
    assert not SHOWS[code][1](right), right
    assert not _fails(right), right


@pytest.mark.parametrize(
    ("kind", "code", "title"), [(kind, code, title) for kind, code, texts in PROJECTS for title in texts]
)
def test_what_real_projects_write_is_found_where_it_breaks(
    kind: str, code: str, title: str, tmp_path: Path
) -> None:
    """And there alone."""
    texts = BROKEN_OF if kind == "BROKEN" else RIGHT_OF
    assert bool(findings(code, title, texts[code][title], tmp_path)) is (kind == "BROKEN")


@pytest.mark.parametrize("code", SHOWS)
def test_no_title_stands_twice(code: str) -> None:
    """A second project of a title would hide the first."""
    assert not SHOWS[code][0].BROKEN.keys() & FURTHER_BROKEN.get(code, {}).keys()
    assert not SHOWS[code][0].RIGHT.keys() & FURTHER_RIGHT.get(code, {}).keys()
    assert not views_broken.BROKEN.get(code, {}).keys() & views_further.BROKEN.get(code, {}).keys()
    assert not views_right.RIGHT.get(code, {}).keys() & views_further.RIGHT.get(code, {}).keys()
