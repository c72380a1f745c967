"""Tasks that views start and do not wait for, told beside the proposal of a sync-only layer."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from bridgekit.check.findings.outliving_tasks import Outliving, outliving_tasks
from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.check.reporters import reporter
from bridgekit.middleware_chain.facts import Answer

pytest.importorskip("django")

SETTINGS = """
    ROOT_URLCONF = {urlconf}
    MIDDLEWARE = [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
    ]
    """
URLS = "from django.urls import path\nimport pages\nurlpatterns = [path('', pages.index)]\n"


def write(root: Path, view: str, urlconf: str = '"urls"', name: str = "pages.py") -> Options:
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n',
        "settings.py": SETTINGS.format(urlconf=urlconf),
        "urls.py": URLS,
        name: view,
    }
    for file, text in files.items():
        (root / file).write_text(dedent(text), "utf-8")
    return Options(root)


def found_in(root: Path, view: str, urlconf: str = '"urls"', name: str = "pages.py") -> Outliving:
    report = run(write(root, view, urlconf, name))
    return outliving_tasks(report.stacks[0].subjects[0])


HEAD = "import asyncio\nfrom asyncio import TaskGroup, create_task, ensure_future\n"


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("asyncio.create_task(work())", Answer.YES),
        ("create_task(work())", Answer.YES),
        ("ensure_future(work())", Answer.YES),
        ("asyncio.get_running_loop().create_task(work())", Answer.YES),
        ("asyncio.run_coroutine_threadsafe(work(), loop)", Answer.YES),
        (
            "task = create_task(work())\n    tasks.add(task)\n    task.add_done_callback(tasks.discard)",
            Answer.YES,
        ),
        ("helper()", Answer.YES),
        ("tasks.append(create_task(work()))", Answer.UNKNOWN),
        ("request.app_group.create_task(work())", Answer.UNKNOWN),
        ("self_made.create_task(work())", Answer.UNKNOWN),
        ("task = create_task(work())\n    await task", Answer.NO),
        ("one = create_task(work())\n    await asyncio.gather(one, work())", Answer.NO),
        ("await create_task(work())", Answer.NO),
        ("async with TaskGroup() as group:\n        group.create_task(work())", Answer.NO),
        ("async with anyio.create_task_group() as group:\n        group.start_soon(work)", Answer.NO),
        ("await work()", Answer.NO),
    ],
)
def test_what_a_view_starts(tmp_path: Path, body: str, answer: Answer) -> None:
    view = f"{HEAD}async def work(): ...\ndef helper():\n    create_task(work())\nasync def index(request):\n    {body}\n"
    found = found_in(tmp_path, view)
    assert found.answer is answer
    assert bool(found.places) is (answer is not Answer.NO)
    assert all(place.path == str(tmp_path / "pages.py") for place in found.places)


def test_methods_of_class_based_views_are_read(tmp_path: Path) -> None:
    view = """
        import asyncio
        from django.views import View
        class Page(View):
            async def get(self, request):
                asyncio.create_task(self.later())
            async def later(self): ...
        index = Page.as_view()
        """
    found = found_in(tmp_path, view)
    assert [(place.path, place.line) for place in found.places] == [(str(tmp_path / "pages.py"), 6)]


def test_without_a_known_urlconf_views_that_are_seen_count_and_others_are_unknown(tmp_path: Path) -> None:
    view = f"{HEAD}async def index(request):\n    create_task(request.later())\n"
    unknown = "__import__('os').environ['URLS']"
    assert found_in(tmp_path, view, unknown).answer is Answer.YES  # some URLconf names it
    assert found_in(tmp_path, "", unknown) == Outliving(Answer.UNKNOWN, (), "ROOT_URLCONF is not known")
    lost = found_in(tmp_path, "", '"no_such.urls"')
    assert lost == Outliving(Answer.UNKNOWN, (), "ROOT_URLCONF names no_such.urls, which was not read")


def test_the_price_stands_beside_the_proposal_in_every_form(tmp_path: Path) -> None:
    report = run(write(tmp_path, f"{HEAD}async def index(request):\n    create_task(request.later())\n"))
    said = "a task that outlives its view cannot use the ORM: pages.py:4 starts one"
    assert f"its price: {said}" in " ".join(reporter("text")(report).split())
    assert said in reporter("html")(report).replace("<wbr>", "")
    assert any(said in finding.fix for finding in report.findings)
    variant = json.loads(reporter("json")(report))["stacks"][0]["variants"][0]
    tasks = [proposal["outliving_tasks"] for proposal in variant["proposals"]]
    placed = next(found for found in tasks if found is not None)
    assert placed["answer"] == "yes"
    assert [place["line"] for place in placed["started_at"]] == [4]


def test_a_project_without_such_tasks_is_told_nothing_of_them(tmp_path: Path) -> None:
    report = run(write(tmp_path, "async def index(request): ...\n"))
    assert "its price" not in reporter("text")(report)


def test_what_is_not_known_is_said(tmp_path: Path) -> None:
    report = run(write(tmp_path, "", "__import__('os').environ['URLS']"))
    assert "whether a view starts one is not known: ROOT_URLCONF is not known" in " ".join(
        reporter("text")(report).split()
    )
