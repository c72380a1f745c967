"""The manual: every block has a language and is what it says, every page is in the site's contents, messages are quoted as they are."""

from __future__ import annotations

import ast
import configparser
import json
import re
import runpy
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.helpers.manual import DOCUMENTS, PAGES, ROOT, blocks, name_of

DOCKERFILE = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "CMD"}


def shell(text: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    subprocess.run([bash, "-n"], input=text, text=True, check=True, capture_output=True)


def console(text: str) -> None:
    lines = text.splitlines()
    assert all(line.startswith("$ ") for line in lines), (
        "what is typed begins with a prompt; put what is printed into a block of text"
    )
    shell("\n".join(line.removeprefix("$ ") for line in lines))


def ini(text: str) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(text)
    assert parser.sections()


def nginx(text: str) -> None:
    statements = [line.strip() for line in text.splitlines() if line.strip()]
    assert all(line.endswith((";", "{", "}")) for line in statements)
    assert text.count("{") - text.count("${") == text.count("}") - text.count("${")
    for location in re.findall(r"location[^{]*\{([^}]*)\}", text):
        assert "proxy_set_header" not in location or "proxy_set_header Host " in location, (
            "a location that sets one header inherits none: Host would be the upstream's name"
        )


def apache(text: str) -> None:
    """The directives are those of the configuration under which the tests run Apache."""
    tested = (ROOT / "tests/helpers/wsgi_servers.py").read_text("utf-8")
    for line in text.splitlines():
        assert re.search(rf"^ *{re.escape(line.split()[0])}(?: |$)", tested, re.MULTILINE), line


def dockerfile(text: str) -> None:
    assert {line.split()[0] for line in text.splitlines()} <= DOCKERFILE


def nothing_to_parse(text: str) -> None:
    """Python runs by the manual's own tests; directives and pictures are the site's."""
    assert text.strip()


def printed(text: str) -> None:
    """What programs print, and no code that would be passed over as such."""
    assert text.strip()
    try:
        code = ast.parse(text)
    except SyntaxError:
        return
    assert not any(isinstance(node, ast.Import | ast.ImportFrom | ast.Call) for node in ast.walk(code))


PARSERS: dict[str, Callable[[str], object]] = {
    "apache": apache,
    "console": console,
    "dockerfile": dockerfile,
    "ini": ini,
    "json": json.loads,
    "mermaid": nothing_to_parse,
    "nginx": nginx,
    "python": ast.parse,
    "sh": shell,
    "text": printed,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
    "{eval-rst}": nothing_to_parse,
    "{image}": nothing_to_parse,
    "{toctree}": nothing_to_parse,
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_block_has_a_language_and_is_written_in_it(document: Path) -> None:
    found = [block for block in blocks() if block[0].startswith(f"{name_of(document)}:")]
    assert len(found) * 2 == len(re.findall(r"^ *```", document.read_text("utf-8"), re.MULTILINE))
    for place, language, text in found:
        assert language in PARSERS, f"{place} has no language that is known: {language!r}"
        try:
            PARSERS[language](text)
        except (
            AssertionError,
            ValueError,
            SyntaxError,
            configparser.Error,
            yaml.YAMLError,
            subprocess.SubprocessError,
        ) as error:
            raise AssertionError(f"{place} is not {language}") from error


def test_no_command_installs_what_the_index_has_under_the_name() -> None:
    """`bridgekit` on PyPI is another project until this one has a release: commands name a clone or a wheel."""
    languages = {"console", "dockerfile", "sh", "yaml"}
    lines = [
        (place, line)
        for place, language, text in blocks()
        if language in languages
        for line in text.splitlines()
        if re.search(r"pip install|additional_dependencies", line)
    ]
    assert len(lines) > 5
    by_name = re.compile(r"(?<![\w./$-])bridgekit(?:\[[\w,]+\])?(?! @)(?=[\s'\",\]]|$)")
    assert by_name.search("pip install 'bridgekit[uvicorn]'")
    assert by_name.search("pip install bridgekit")
    assert not [found for found in lines if by_name.search(found[1])]


def test_every_page_is_in_the_contents() -> None:
    """Else nobody finds it; the site itself is built by `tox run -e site`."""
    listed = {"index"}
    for place, language, text in blocks():
        if language == "{toctree}":
            folder = (ROOT / place.rpartition(":")[0]).parent
            for line in text.splitlines():
                if line and not line.startswith(":"):
                    listed |= {
                        path.relative_to(ROOT / "docs").with_suffix("").as_posix()
                        for path in folder.glob(f"{line}.md")
                    }
    assert {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in PAGES} == listed


def test_the_picture_of_a_stack_is_what_check_prints() -> None:
    """Else: python docs/draw_stack.py."""
    pytest.importorskip("django")
    drawing = runpy.run_path(str(ROOT / "docs/draw_stack.py"))
    assert drawing["PICTURE"].read_text("utf-8") == drawing["picture"]()


def literals() -> str:
    """All text that stands in the source, placeholders as dots."""
    found: list[str] = []
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.sub(r"%[\w.]*[dsgr]", "...", node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "..." for part in node.values)
                found.append("".join(str(part) for part in parts))
    return "\n".join(found)


OF_OTHERS = {
    "Duplicated timeseries in CollectorRegistry",
    "SynchronousOnlyOperation",
    "CurrentThreadExecutor already quit or is broken",
    "is bound to a different event loop",
    "Event loop is closed",
    "Server-Timing",
    "not known",
    "INFO",
}


def test_messages_are_quoted_as_they_are() -> None:
    """A table by messages is of use as long as they are those that people see."""
    source = literals()
    page = (ROOT / "docs/guides/troubleshooting.md").read_text("utf-8")
    cells = [line.split(" | ")[0].removeprefix("| ") for line in page.splitlines() if line.startswith("| ")]
    quoted = {text for cell in cells for text in re.findall(r"`([^`]+)`", cell)} - OF_OTHERS
    assert len(quoted) > 8
    missing = [text for text in quoted if not all(part in source for part in re.split(r"\.\.\.", text))]
    assert not missing


def test_the_dashboard_asks_for_metrics_and_labels_that_there_are() -> None:
    prometheus_client = pytest.importorskip("prometheus_client")
    from bridgekit.timing import Outcome, RequestTiming
    from bridgekit.timing.exporters.prometheus import PrometheusExporter

    registry = prometheus_client.CollectorRegistry()
    exporter = PrometheusExporter(registry, labels="opentelemetry")
    exporter(RequestTiming("GET", "/u/7", "/u/{id}", 500, Outcome.SERVER_ERROR, duration=0.003))
    text = prometheus_client.generate_latest(registry).decode()
    dashboard = json.loads((ROOT / "docs/guides/grafana.json").read_text("utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(queries) == 6
    for query in queries:
        for metric in re.findall(r"http_server_\w+", query):
            assert re.search(rf"^(# TYPE )?{metric}[ {{]", text, re.MULTILINE), metric
        for label in re.findall(r"by \((\w+)\)|\{(\w+)[!=]", query):
            assert f'{label[0] or label[1]}="' in text, label
