"""What a class or function is for Django, where more than its own body has a say: right, or not known; never the body alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.environment import current_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer, Claim

pytest.importorskip("django")

HEAD = """
import functools, os, sys
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin
"""
REPLACED = "class Layer:\n    async_capable = False\n"


def claim_of(root: Path, source: str, **files: str) -> Claim:
    for name, text in {"layers": HEAD + source, **files}.items():
        (root / f"{name}.py").write_text(text, "utf-8")
    reader = SourceReader(ModuleFinder([root], current_environment()))
    return reader.read("layers.Layer").facts.async_capable


@pytest.mark.parametrize(
    "source",
    [
        "class Meta(type):\n    async_capable = property(lambda cls: False)\nclass Layer(metaclass=Meta):\n    async_capable = True",
        "class Meta(type):\n    def __new__(m, n, b, body):\n        return type.__new__(m, n, b, {})\n"
        "class Layer(metaclass=Meta):\n    async_capable = True",
        "class Layer:\n    async_capable = True\n    exec('async_capable = False')",
        "class Layer:\n    async_capable = True\n    names = locals()\n    names['async_capable'] = False",
        "class Layer:\n    @classmethod\n    @property\n    def async_capable(cls): return False",
        f"{REPLACED}globals()['Layer'] = MiddlewareMixin",
        f"{REPLACED}globals().update(Layer=MiddlewareMixin)",
        f"{REPLACED}sys.modules[__name__].Layer = MiddlewareMixin",
        f"{REPLACED}exec('Layer.async_capable = True')",
        f"{REPLACED}eval('setattr(Layer, \"async_capable\", True)')",
        f"{REPLACED}sys._getframe().f_globals['Layer'].async_capable = True",
        f"{REPLACED}flag = setattr\nflag(Layer, 'async_capable', True)",
        f"{REPLACED}functools.partial(setattr, Layer)('async_capable', True)",
        f"{REPLACED}list(map(setattr, [Layer], ['async_capable'], [True]))",
        f"{REPLACED}import builtins\nbuiltins.setattr(Layer, 'async_capable', True)",
        "@functools.partial(lambda on, made: (setattr(made, 'async_capable', on), made)[1], True)\n"
        "def Layer(get_response): return get_response",
        "class Copied:\n    def __init__(self, made): functools.update_wrapper(self, made)\n"
        "    def __call__(self, get_response): return get_response\n"
        "@Copied\n@sync_and_async_middleware\ndef Layer(get_response): return get_response",
        "@sync_and_async_middleware\ndef made(get_response): return get_response\n"
        "Layer = functools.update_wrapper(functools.partial(made), made)",
    ],
)
def test_what_the_body_does_not_decide_is_not_known(tmp_path: Path, source: str) -> None:
    assert claim_of(tmp_path, source).answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    "source",
    [
        "class Layer(MiddlewareMixin):\n    def process_request(self, request):\n        return render(request, locals())",
        "class Layer(MiddlewareMixin):\n    def process_request(self, request): return vars(self)",
        "class Layer(MiddlewareMixin): pass\nOTHER = sys.modules.get('other')",
        "class Layer(MiddlewareMixin): pass\nDEBUG = globals().get('DEBUG')",
        "class Layer(MiddlewareMixin): pass\ndef caller(): return sys._getframe(1).f_globals.get('__name__')",
        "import abc\nclass Layer(MiddlewareMixin, metaclass=abc.ABCMeta): pass",
    ],
)
def test_what_looks_at_names_takes_nothing_away(tmp_path: Path, source: str) -> None:
    assert claim_of(tmp_path, source).answer is Answer.YES


@pytest.mark.parametrize(
    "body", ["raise ImportError('no')", "if os.name:\n    raise ImportError", "assert not os.name"]
)
def test_a_module_that_may_raise_may_not_be_imported(tmp_path: Path, body: str) -> None:
    source = "try:\n    import other\nexcept Exception:\n    other = None\nclass Layer:\n    async_capable = other is not None"
    assert claim_of(tmp_path, source, other=f"import os\n{body}\n").answer is Answer.UNKNOWN
    assert claim_of(tmp_path, source, other="def f():\n    raise ImportError\n").answer is Answer.YES
