"""The JSON report against its published schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bridgekit.check.findings.report import Report
from bridgekit.check.reporters.json import SCHEMA_VERSION, render

DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = json.loads((DOCS / "check.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ["report", "empty_report"])
def test_every_report_fits_the_schema(name: str, request: pytest.FixtureRequest) -> None:
    """No field is missing and none is there that the schema does not know."""
    document = json.loads(render(request.getfixturevalue(name)))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_the_schema_is_one_and_has_the_writers_version() -> None:
    """A change of meaning has to raise both."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["version"]["const"] == SCHEMA_VERSION


def test_every_field_is_documented() -> None:
    """docs/check_json.md names each property of document, stack, variant, layer, proposal and finding."""
    text = (DOCS / "check_json.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+)`", text))
    objects = [
        SCHEMA,
        *(SCHEMA["$defs"][name] for name in ("stack", "variant", "layer", "proposal", "finding")),
    ]
    assert {name for each in objects for name in each["properties"]} - named == set()


def layers(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["stacks"][0]["variants"][0]["layers"]


def test_each_layer_says_what_it_is_and_what_is_unknown(report: Report) -> None:
    """Mode, hops, held thread; for an unknown the reason and the line."""
    document = json.loads(render(report))
    stamp, audit, broken, missing, last = layers(document)
    assert (stamp["mode"], stamp["own_hops"], stamp["holds_thread"]) == ("sync", {"low": 2, "high": 2}, "yes")
    assert (audit["sync_capable"], audit["async_capable"], audit["mode"]) == ("yes", "no", "sync")
    assert audit["crossing_inside"] is None, "the layer inside it may be sync or async"
    assert broken["mode"] is None or broken["mode"] in {"sync", "async"}
    assert missing["mode"] is None
    unknown = {entry["fact"]: entry for entry in missing["unknown"]}
    assert "not installed" in unknown["async_capable"]["reason"]
    assert last["mode"] == "async"
    assert [hook["name"] for hook in last["hooks"]] == ["process_request", "process_response"]


def test_totals_are_ranges_and_variants_have_their_own(report: Report) -> None:
    """What is not known is a range, what is blocked is null."""
    default, dearer, lost = json.loads(render(report))["stacks"][0]["variants"]
    assert default["hops"]["async_view"]["to_thread"]["high"] is None
    assert dearer["hops"]["async_view"]["to_thread"] == {"low": 8, "high": 8}
    assert (lost["middleware"], lost["hops"]) == (None, None)
    assert lost["blocked"][0]["location"] == {"path": "settings.py", "line": 3, "column": 1}
    assert dearer["proposals"][0]["difference"] == {"low": -5, "high": -5}
