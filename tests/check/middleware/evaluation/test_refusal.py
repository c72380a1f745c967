"""Factories that raise ``MiddlewareNotUsed``: what the source says is what happens when Django calls them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from textwrap import dedent

import pytest

from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer, Location

pytest.importorskip("django")
from django.core.exceptions import MiddlewareNotUsed

FORMS = {
    "always": """
        def middleware(get_response):
            raise MiddlewareNotUsed
    """,
    "called, behind the handler": """
        def middleware(get_response):
            def handler(request):
                return get_response(request)
            raise MiddlewareNotUsed("off")
            return handler
    """,
    "in a helper": """
        def check():
            raise exceptions.MiddlewareNotUsed()
        def middleware(get_response):
            check()
            return get_response
    """,
    "in a helper of a helper": """
        def refuse(why):
            raise MiddlewareNotUsed(why)
        def check(flag):
            if flag:
                refuse("off")
        def middleware(get_response):
            check(True)
            return get_response
    """,
    "not in this branch": """
        def middleware(get_response):
            if False:
                raise MiddlewareNotUsed
            return get_response
    """,
    "by the return before it": """
        def middleware(get_response):
            return get_response
            raise MiddlewareNotUsed
    """,
    "without a package": """
        def middleware(get_response):
            try:
                import no_such_package
            except ImportError:
                raise MiddlewareNotUsed from None
            return get_response
    """,
    "with a package": """
        def middleware(get_response):
            try:
                import json
            except ImportError:
                raise MiddlewareNotUsed from None
            return get_response
    """,
    "marked": """
        @sync_and_async_middleware
        def middleware(get_response):
            raise MiddlewareNotUsed
    """,
    "partial": """
        def make(flag, get_response):
            if not flag:
                raise MiddlewareNotUsed
            return get_response
        middleware = functools.partial(make, False)
    """,
    "in a value": """
        def load():
            raise MiddlewareNotUsed
        def middleware(get_response):
            table = {"rules": [load()]}
            return get_response
    """,
    "in a test": """
        def wanted():
            raise MiddlewareNotUsed
        def middleware(get_response):
            if not wanted():
                return get_response
            return get_response
    """,
    "in a conditional that goes the other way": """
        def load():
            raise MiddlewareNotUsed
        def middleware(get_response):
            handler = lambda request: load()
            return handler
    """,
    "a class that derives from it": """
        class Off(MiddlewareNotUsed):
            pass
        class Silent(Off):
            pass
        def middleware(get_response):
            raise Silent("off")
    """,
    "another exception of its own, caught": """
        class Off(Exception):
            pass
        def middleware(get_response):
            try:
                raise Off
            except Off:
                return get_response
    """,
    "an object of it": """
        def middleware(get_response):
            error = MiddlewareNotUsed("off")
            raise error
    """,
    "in a constructor": """
        class Plain:
            def __init__(self, get_response):
                self.rules = self.load()
            def load(self):
                raise MiddlewareNotUsed
            def __call__(self, request): pass
        middleware = Plain
    """,
    "in a function that the constructor calls": """
        def look():
            raise MiddlewareNotUsed
        class Plain:
            def __init__(self, get_response):
                look()
            def __call__(self, request): pass
        middleware = Plain
    """,
    "in the constructor of what it makes": """
        class Policy:
            def __init__(self, name):
                raise MiddlewareNotUsed(name)
        class Plain:
            def __init__(self, get_response):
                self.policy = Policy("strict")
            def __call__(self, request): pass
        middleware = Plain
    """,
    "in a class method": """
        class Policy:
            @classmethod
            def load(cls):
                raise MiddlewareNotUsed
        class Plain:
            def __init__(self, get_response):
                Policy.load()
            def __call__(self, request): pass
        middleware = Plain
    """,
    "in __new__": """
        class Plain:
            def __new__(cls, get_response):
                raise MiddlewareNotUsed
            def __call__(self, request): pass
        middleware = Plain
    """,
    "by a method that a subclass replaces": """
        class Base:
            def __init__(self, get_response):
                self.look()
            def look(self): pass
            def __call__(self, request): pass
        class Plain(Base):
            def look(self):
                raise MiddlewareNotUsed
        middleware = Plain
    """,
    "in an object that is called": """
        class Check:
            def __call__(self):
                raise MiddlewareNotUsed
        class Plain:
            def __init__(self, get_response):
                Check()()
            def __call__(self, request): pass
        middleware = Plain
    """,
    "in what a lambda calls": """
        def look():
            raise MiddlewareNotUsed
        def middleware(get_response):
            (lambda: look())()
            return get_response
    """,
    "what a decorator calls": """
        def again(function):
            return function
        @again
        def load(source):
            raise MiddlewareNotUsed
        def middleware(get_response):
            load("file")
            return get_response
    """,
    "by a method that a subclass makes harmless": """
        class Base:
            def __init__(self, get_response):
                self.look()
            def look(self):
                raise MiddlewareNotUsed
            def __call__(self, request): pass
        class Plain(Base):
            def look(self): pass
        middleware = Plain
    """,
}
PERHAPS = {
    "by a function that singledispatch chooses": """
        @functools.singledispatch
        def load(source):
            raise MiddlewareNotUsed
        def middleware(get_response):
            load("file")
            return get_response
    """,
    "a property": """
        class Policy:
            @property
            def on(self):
                raise MiddlewareNotUsed
        def middleware(get_response):
            return get_response if Policy().on else get_response
    """,
    "behind what only a run decides": """
        def load():
            raise MiddlewareNotUsed
        def middleware(get_response):
            rules = os.environ.get("RULES") and load()
            return get_response
    """,
    "what a function gives": """
        def refuse(why):
            return {"off": MiddlewareNotUsed}[os.environ[why]]
        def middleware(get_response):
            raise refuse("POLICY")
    """,
    "a block that swallows it": """
        class Quiet:
            def __enter__(self): return self
            def __exit__(self, *error): return True
        def middleware(get_response):
            with Quiet():
                raise MiddlewareNotUsed
            return get_response
    """,
    "a block that swallows what it calls": """
        import contextlib
        def load():
            raise MiddlewareNotUsed
        @contextlib.contextmanager
        def quiet():
            try:
                yield
            except Exception:
                pass
        class Plain:
            def __init__(self, get_response):
                with quiet():
                    load()
            def __call__(self, request): pass
        middleware = Plain
    """,
    "a generator that nobody asks": """
        class Plain:
            def __init__(self, get_response):
                self.steps = self.load()
            def load(self):
                raise MiddlewareNotUsed
                yield
            def __call__(self, request): pass
        middleware = Plain
    """,
    "a key by which is sorted": """
        def weigh(rule):
            raise MiddlewareNotUsed
        def middleware(get_response):
            rules = sorted(["b", "a"], key=weigh)
            return get_response
    """,
    "one of several, by its name": """
        def load():
            raise MiddlewareNotUsed
        LOADERS = {"file": load}
        def middleware(get_response):
            LOADERS[os.environ.get("LOADER", "file")]()
            return get_response
    """,
    "inside of a try": """
        def load():
            raise MiddlewareNotUsed
        def middleware(get_response):
            try:
                load()
            except ValueError:
                pass
            return get_response
    """,
}
HEAD = """
import functools
import os
from django.core import exceptions
from django.core.exceptions import MiddlewareNotUsed
from django.utils.decorators import sync_and_async_middleware
"""


@pytest.mark.parametrize("form", FORMS)
def test_a_factory_is_used_as_it_is_when_it_is_called(form: str, tmp_path: Path) -> None:
    file = tmp_path / "taken_out.py"
    file.write_text(HEAD + dedent(FORMS[form]), "utf-8")
    spec = importlib.util.spec_from_file_location("taken_out", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        module.middleware(lambda request: None)
        used = Answer.YES
    except MiddlewareNotUsed:
        used = Answer.NO
    read = SourceReader(ModuleFinder([tmp_path])).read("taken_out.middleware", Location("s.py", 1))
    assert read.facts.used.answer is used, read.facts.used.reason


@pytest.mark.parametrize("form", PERHAPS)
def test_what_may_be_raised_is_not_known(form: str, tmp_path: Path) -> None:
    (tmp_path / "mw.py").write_text(HEAD + dedent(PERHAPS[form]), "utf-8")
    used = SourceReader(ModuleFinder([tmp_path])).read("mw.middleware", Location("s.py", 1)).facts.used
    assert used.answer is Answer.UNKNOWN
    assert used.location is not None


HOOKS = {
    "__enter__": "with Policy(): pass",
    "__bool__": "if Policy(): pass",
    "__iter__": "one, *others = Policy()",
    "__getitem__": "Policy()['on']",
    "__setattr__": "Policy().on = True",
    "__eq__": "Policy() == get_response",
    "__contains__": "'on' in Policy()",
    "__format__": "f'{Policy()}'",
    "__getattr__": "Policy().on",
    "__add__": "Policy() + 1",
    "__del__": "Policy()",
}


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_that_raises_it_runs_where_nothing_calls_it(hook: str, tmp_path: Path) -> None:
    source = (
        f"{HEAD}\nclass Policy:\n    def {hook}(self, *given):\n        raise MiddlewareNotUsed\n"
        f"def middleware(get_response):\n    {HOOKS[hook]}\n    return get_response\n"
    )
    (tmp_path / "mw.py").write_text(source, "utf-8")
    used = SourceReader(ModuleFinder([tmp_path])).read("mw.middleware", Location("s.py", 1)).facts.used
    assert used.answer is Answer.UNKNOWN
    assert used.location is not None


@pytest.mark.parametrize("read", ["self.policy", "getattr(self, 'policy', None)"])
def test_a_property_that_raises_it_may_run(read: str, tmp_path: Path) -> None:
    source = (
        f"{HEAD}\nclass Plain:\n    @property\n    def policy(self):\n        raise MiddlewareNotUsed\n"
        f"    def __init__(self, get_response):\n        self.kept = {read}\n    def __call__(self, request): pass\n"
    )
    (tmp_path / "mw.py").write_text(source, "utf-8")
    used = SourceReader(ModuleFinder([tmp_path])).read("mw.Plain", Location("s.py", 1)).facts.used
    assert used.answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        ("sync_capable, async_capable = True, False", Answer.YES),
        ("sync_capable, async_capable = False, True", Answer.NO),
        ("sync_capable = async_capable = True", Answer.UNKNOWN),
    ],
)
def test_the_mode_decides_where_the_constructor_asks_for_it(
    flags: str, wanted: Answer, tmp_path: Path
) -> None:
    """Sync-only middleware gets a ``get_response`` that is no coroutine function, under ASGI as well."""
    source = (
        f"from asgiref.sync import iscoroutinefunction\n{HEAD}\nclass Plain:\n    {flags}\n"
        "    def __init__(self, get_response):\n        if iscoroutinefunction(get_response):\n"
        "            raise MiddlewareNotUsed\n    def __call__(self, request): pass\n"
    )
    (tmp_path / "mw.py").write_text(source, "utf-8")
    assert (
        SourceReader(ModuleFinder([tmp_path])).read("mw.Plain", Location("s.py", 1)).facts.used.answer
        is wanted
    )


def test_what_kind_of_callable_get_response_is_nobody_knows(tmp_path: Path) -> None:
    source = (
        f"import types\n{HEAD}\ndef middleware(get_response):\n    if isinstance(get_response, types.FunctionType):\n"
        "        raise MiddlewareNotUsed\n    return get_response\n"
    )
    (tmp_path / "mw.py").write_text(source, "utf-8")
    used = SourceReader(ModuleFinder([tmp_path])).read("mw.middleware", Location("s.py", 1)).facts.used
    assert used.answer is Answer.UNKNOWN


def test_a_function_of_another_module_may_raise_it(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text(
        "from django.core.exceptions import MiddlewareNotUsed as Skip\ndef look(): raise Skip\n", "utf-8"
    )
    (tmp_path / "mw.py").write_text(
        "import rules\ndef middleware(get_response):\n    rules.look()\n    return get_response\n", "utf-8"
    )
    used = SourceReader(ModuleFinder([tmp_path])).read("mw.middleware", Location("s.py", 1)).facts.used
    assert used.answer is Answer.NO


@pytest.mark.parametrize("test", ["os.path.exists('/etc/policy')", "get_response", "settings.POLICY"])
def test_what_the_process_decides_is_not_known_and_names_the_line(test: str, tmp_path: Path) -> None:
    (tmp_path / "mw.py").write_text(
        f"import os\nfrom django.conf import settings\n{HEAD}\ndef middleware(get_response):\n"
        f"    if {test}:\n        raise MiddlewareNotUsed\n    return get_response\n",
        "utf-8",
    )
    used = SourceReader(ModuleFinder([tmp_path])).read("mw.middleware", Location("s.py", 1)).facts.used
    expected = Answer.NO if test == "get_response" else Answer.UNKNOWN
    assert used.answer is expected
    assert used.location is not None


@pytest.mark.parametrize(
    "sets",
    ["for _ in settings_of(self): pass", "self.limit = 1", "functools.partial(settings_of, self)"],
)
@pytest.mark.parametrize(("head", "wanted"), [("", Answer.YES), (HEAD, Answer.UNKNOWN)])
def test_what_is_not_followed_may_raise_it_only_where_its_module_names_it(
    head: str, wanted: Answer, sets: str, tmp_path: Path
) -> None:
    """A generator that runs when it is asked for its items, a setter, what functools keeps."""
    source = (
        f"import functools\n{head}\ndef settings_of(layer):\n    yield setattr(layer, 'found', 1)\n"
        f"class Plain:\n    def __init__(self, get_response):\n        {sets}\n"
        "    @property\n    def limit(self): return 1\n    @limit.setter\n    def limit(self, value): pass\n"
        "    def __call__(self, request): pass\n"
    )
    (tmp_path / "mw.py").write_text(source, "utf-8")
    used = SourceReader(ModuleFinder([tmp_path])).read("mw.Plain", Location("s.py", 1)).facts.used
    assert used.answer is wanted
