"""What modules of the standard library have and lack, exceptions, and the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import by_name, evaluate, listed


@pytest.mark.parametrize(
    "attempt",
    [
        "try:\n    os.getcwdu()\nexcept AttributeError:\n    b()",
        "try:\n    from string import maketrans\nexcept ImportError:\n    b()",
        "try:\n    from filecmp import no_such_name\nexcept ImportError:\n    b()",
        "if not hasattr(os, 'getcwdu'):\n    b()",
        "if hasattr(os, 'getcwd'):\n    b()",
        "if getattr(os, 'getcwdu', 'default') == 'default':\n    b()",
        "collections.Callable = collections.abc.Callable\nif hasattr(collections, 'Callable'):\n    b()",
        "inspect.getargspec = 'patched'\nif inspect.getargspec == 'patched':\n    b()",
        "try:\n    import json\n    raise ValueError\nexcept (json.JSONDecodeError, ValueError):\n    b()",
        "try:\n    len(sys.path) / 0\nexcept ZeroDivisionError:\n    b()",
    ],
)
def test_the_standard_library_has_what_it_has(tmp_path: Path, attempt: str) -> None:
    """Each of these adds ``b`` under every supported Python."""
    source = f"import collections, collections.abc, inspect, os, sys\nMIDDLEWARE = ['a']\ndef b():\n    MIDDLEWARE.append('b')\n{attempt}\n"
    assert listed(evaluate(tmp_path, settings=source).default) == ["a", "b"]


def test_the_length_of_the_search_path_is_not_known(tmp_path: Path) -> None:
    """``1 / len(sys.path)`` does not fail in any server."""
    source = (
        "import sys\nMIDDLEWARE = ['a']\nsys.path.insert(0, 'lib')\n"
        "try:\n    1 / len(sys.path)\nexcept ZeroDivisionError:\n    MIDDLEWARE.append('b')\n"
    )
    assert listed(evaluate(tmp_path, settings=source).default) in (["a"], None)


def test_each_word_of_the_command_line_is_tried(tmp_path: Path) -> None:
    """``elif "runserver" in sys.argv`` is not asked under ``test``: another word answers it."""
    source = """
        import sys
        MIDDLEWARE = ["a"]
        if "test" in sys.argv:
            EMAIL = "locmem"
        elif "runserver" in sys.argv or "shell_plus" in sys.argv:
            MIDDLEWARE += ["b"]
    """
    assert by_name(evaluate(tmp_path, settings=source)) == {
        "default": ["a"],
        "sys.argv has 'runserver'": ["a", "b"],
    }
