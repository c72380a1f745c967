"""The readers of settings and middleware, used by a script without the command."""

from __future__ import annotations

from pathlib import Path

from bridgekit.check.environment import current_environment
from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules import ModuleFinder
from bridgekit.check.settings import evaluate_settings
from bridgekit.middleware_chain.facts import Answer


def test_a_script_reads_settings_and_the_middleware_that_they_name(tmp_path: Path) -> None:
    tmp_path.joinpath("site_settings.py").write_text('MIDDLEWARE = ["layers." + "Plain"]\n', "utf-8")
    tmp_path.joinpath("layers.py").write_text(
        "class Plain:\n    async_capable = False\n    def __init__(self, g): pass\n", "utf-8"
    )
    result = evaluate_settings(ModuleFinder([tmp_path]), "site_settings")
    default = next(variant for variant in result.variants if variant.is_default)
    assert default.middleware is not None
    assert [entry.dotted_path for entry in default.middleware] == ["layers.Plain"]
    reader = SourceReader(ModuleFinder([tmp_path], current_environment()))
    assert reader.read("layers.Plain").facts.async_capable.answer is Answer.NO
