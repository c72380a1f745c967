"""``BaseSettings``: what pydantic does to a field is known or said to be unknown, as pydantic-settings 2.16 does it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import evaluate, listed

PRELUDE = "from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom pydantic import computed_field, field_validator, model_validator\n"


def stack(
    root: Path, body: str, made: str = "S().mw", environ: dict[str, str] | None = None
) -> list[str] | None:
    """MIDDLEWARE of settings with a class ``S`` of this body."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    source = f"{PRELUDE}class S(BaseSettings):\n{lines}MIDDLEWARE = {made}\n"
    return listed(evaluate(root, environ=environ, settings=source).default)


def test_each_object_has_a_copy_of_a_default(tmp_path: Path) -> None:
    """What one object's list gets is not in the next one's."""
    made = "[S().mw.append('x') or one for one in S().mw]"
    assert stack(tmp_path, "mw: list[str] = ['a']", made) == ["a"]


@pytest.mark.parametrize(
    ("decorated", "concerned"),
    [
        ("@field_validator('mw')\n@classmethod", True),
        ("@field_validator('other')\n@classmethod", False),
        ("@field_validator('*')\n@classmethod", True),
        ("@model_validator(mode='after')", True),
    ],
)
def test_a_validator_has_a_say_in_the_fields_that_it_names(
    tmp_path: Path, decorated: str, concerned: bool
) -> None:
    """They run for defaults as well."""
    body = f"mw: list = ['a']\nother: int = 1\n{decorated}\ndef check(cls, value): return value"
    assert stack(tmp_path, body) == (None if concerned else ["a"])


@pytest.mark.parametrize(
    "body",
    [
        "mw: list = ['a']\ndef __init__(self, **given): super().__init__(mw=['b'])",
        "mw: list = ['a']\ndef model_post_init(self, context): self.mw.append('b')",
        "mw: list = ['a']\n@classmethod\ndef settings_customise_sources(cls, *sources, **kwargs): return ()",
    ],
)
def test_a_class_with_ways_of_its_own_is_not_followed(tmp_path: Path, body: str) -> None:
    """It says what its fields are."""
    assert stack(tmp_path, body) is None


def test_a_computed_field_is_a_property(tmp_path: Path) -> None:
    """``@computed_field`` changes nothing about it."""
    body = "mw: list = ['a']\n@computed_field\n@property\ndef all(self) -> list: return [*self.mw, 'c']"
    assert stack(tmp_path, body, "S().all") == ["a", "c"]


@pytest.mark.parametrize(
    ("body", "made", "environ", "expected"),
    [
        ("flag: bool = False", "[str(S().flag)]", {"FLAG": "1"}, ["True"]),
        ("flag: bool = False", "[str(S().flag)]", {"flag": "1"}, None),
        ("mw: list = []", "S().mw", {"MW": '["a"]'}, None),
        ("mw: list[str] = []", "S().mw", {"OTHER": "x"}, []),
        ("mw: list[str] = []", "S().mw", {"MW": '["a"]'}, None),
        ("n: int | None = None", "[repr(S().n)]", {"N": "1"}, None),
        ("n: int = 0", "[repr(S().n)]", {"N": "1.0"}, None),
        ("flag: bool = False", "[str(S().flag)]", {"FLAG": "ok"}, None),
        ("n: int = '3'", "[repr(S().n)]", {}, None),
        ("n: int = 3", "[repr(S().n)]", {}, ["3"]),
    ],
)
def test_a_variable_and_a_default_are_read_by_the_annotation(
    tmp_path: Path, body: str, made: str, environ: dict[str, str], expected: list[str] | None
) -> None:
    """Scalars are; what pydantic takes for JSON, or makes another type of, is not known."""
    assert stack(tmp_path, body, made, environ) == expected


@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        ("APP_FLAG", ".env", None),
        ("app_flag", ".env", None),
        ("FLAG", ".env", ["False"]),
        ("APP_FLAG", "no", ["False"]),
    ],
)
def test_the_env_file_may_set_a_field(
    tmp_path: Path, name: str, file: str, expected: list[str] | None
) -> None:
    """Its path begins where the process stands."""
    (tmp_path / ".env").write_text(f"{name}=1\n", "utf-8")
    body = f"model_config = SettingsConfigDict(env_prefix='APP_', env_file={file!r})\nflag: bool = False"
    assert stack(tmp_path, body, "[str(S().flag)]") == expected
