"""Flags and hooks that code sets from outside: followed, or unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.environment import current_environment
from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules import ModuleFinder
from bridgekit.middleware_chain.facts import Answer

pytest.importorskip("django")

IMPORTS = """
from django.utils.decorators import sync_and_async_middleware, sync_only_middleware
from django.utils.deprecation import MiddlewareMixin
"""
FACTORY = "def M(get_response):\n    return lambda request: get_response(request)\n"
CLASS = "class M:\n    def __init__(self, get_response): self.g = get_response\n    def __call__(self, request): return self.g(request)\n"
MIXIN = "class M(MiddlewareMixin):\n    def process_response(self, request, response): return response\n"

NOT_FOLLOWED = {
    "after a decorator that sets it too": f"@sync_and_async_middleware\n{FACTORY}M.async_capable = False\n",
    "deleted after a decorator set it": f"@sync_and_async_middleware\n{FACTORY}del M.async_capable\n",
    "in a loop over names": f"@sync_and_async_middleware\n{FACTORY}for name in ['async_capable']: setattr(M, name, False)\n",
    "in a loop over classes": f"{MIXIN}for one in (M,): one.async_capable = False\n",
    "in a decorator's loop": "def capable(**flags):\n    def decorate(cls):\n        for name, value in flags.items(): setattr(cls, name, value)\n"
    f"        return cls\n    return decorate\n@capable(async_capable=True)\n{CLASS}",
    "in a helper of a decorator": "def put(cls, name, value): setattr(cls, name, value)\ndef decorate(cls):\n    put(cls, 'async_capable', True)\n"
    f"    return cls\n@decorate\n{CLASS}",
    "by type's own setter": f"def decorate(cls):\n    type.__setattr__(cls, 'async_capable', True)\n    return cls\n@decorate\n{CLASS}",
    "through its dictionary": f"{FACTORY}M.__dict__.update(async_capable=True)\n",
    "through a registry": f"known = []\ndef register(cls):\n    known.append(cls)\n    return cls\n@register\n{CLASS}for one in known: one.async_capable = True\n",
    "by a descriptor": f"class D:\n    def __set_name__(self, owner, name): owner.async_capable = True\n{CLASS}    d = D()\n",
    "in a function that is called": f"{MIXIN}def off(): M.async_capable = False\noff()\n",
}
FOLLOWED = {
    "by a decorator": (
        f"def flag(f):\n    f.async_capable = True\n    return f\n@flag\n{FACTORY}",
        Answer.YES,
    ),
    "on another one": (f"def flag(f):\n    f.async_capable = True\n    return f\n{CLASS}", Answer.NO),
    "through vars": (f"{FACTORY}vars(M)['async_capable'] = True\n", Answer.YES),
    "through vars, set back": (
        f"{FACTORY}M.async_capable = True\nvars(M)['async_capable'] = False\n",
        Answer.NO,
    ),
    "after the class": (f"{CLASS}M.async_capable = True\n", Answer.YES),
    "on what a request holds": (
        f"{MIXIN}    def process_request(self, request):\n        for name in 'ab': setattr(request, name, 1)\n        user = request.user\n"
        "        user.seen = 1\n",
        Answer.YES,
    ),
    "under the name of a constant": (
        f"MARK = '_quiet'\ndef quiet(view):\n    setattr(view, MARK, True)\n    return view\n{MIXIN}",
        Answer.YES,
    ),
}


def async_capable(root: Path, source: str) -> Answer:
    root.joinpath("layers.py").write_text(IMPORTS + source, "utf-8")
    reader = SourceReader(ModuleFinder([root], current_environment()))
    return reader.read("layers.M").facts.async_capable.answer


@pytest.mark.parametrize("how", NOT_FOLLOWED)
def test_what_is_set_out_of_sight_is_unknown(how: str, tmp_path: Path) -> None:
    assert async_capable(tmp_path, NOT_FOLLOWED[how]) is Answer.UNKNOWN


@pytest.mark.parametrize("how", FOLLOWED)
def test_what_is_set_in_sight_is_known(how: str, tmp_path: Path) -> None:
    source, expected = FOLLOWED[how]
    assert async_capable(tmp_path, source) is expected


def test_hooks_that_a_decorator_installs_in_a_loop_are_unknown(tmp_path: Path) -> None:
    source = "def install(cls):\n    for name in ('process_request', 'process_view'): setattr(cls, name, lambda self, *a: None)\n    return cls\n"
    tmp_path.joinpath("layers.py").write_text(
        f"{IMPORTS}{source}@install\nclass M(MiddlewareMixin): pass\n", "utf-8"
    )
    facts = SourceReader(ModuleFinder([tmp_path], current_environment())).read("layers.M").facts
    assert {facts.hooks[name].exists.answer for name in ("process_request", "process_view")} == {
        Answer.UNKNOWN
    }
