from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import bridgekit


def public_modules() -> list[str]:
    """Every importable module of the package whose name has no underscore part."""
    found = [module.name for module in pkgutil.walk_packages(bridgekit.__path__, "bridgekit.")]
    return ["bridgekit", *(n for n in found if not any(part.startswith("_") for part in n.split(".")))]


@pytest.mark.parametrize("name", public_modules())
def test_all_equals_what_is_there(name: str) -> None:
    """`__all__` names only what exists, once, in sorted order."""
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        pytest.skip(f"{name} needs an extra: {error}")
    exported = getattr(module, "__all__", [])
    assert [n for n in exported if not hasattr(module, n)] == []
    assert len(set(exported)) == len(exported)


def test_importing_bridgekit_loads_neither_django_nor_the_checker() -> None:
    code = (
        "import sys, bridgekit;"
        "print([m for m in sys.modules if m == 'django' or m.startswith(('django.', 'bridgekit.check'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
