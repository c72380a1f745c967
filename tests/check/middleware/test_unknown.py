"""What cannot be known is said to be unknown, with the reason and the place; it is never guessed."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from bridgekit.check.middleware import Definition, DefinitionKind, Setting, SourceReader
from bridgekit.check.modules.environment import current_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer, Claim, Location

pytest.importorskip("django")

MIXIN = "from django.utils.deprecation import MiddlewareMixin\n"


def read(
    root: Path,
    files: str | dict[str, str],
    path: str = "mw.Middleware",
    settings: dict[str, object] | None = None,
) -> Definition:
    for name, text in ({"mw.py": files} if isinstance(files, str) else files).items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    lookup = None if settings is None else lambda name: settings.get(name, Setting.ABSENT)
    return SourceReader(ModuleFinder([root], current_environment()), lookup).read(path)


def assert_blocked(claim: Claim, reason: str, line: int | None = None) -> None:
    assert claim.answer is Answer.UNKNOWN
    assert reason in claim.reason
    if line is not None:
        assert claim.location is not None
        assert claim.location.line == line


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("gone.Middleware", "module gone is not installed"),
        ("mw.Gone", "has no name Gone"),
        ("Middleware", "does not look like a module path"),
        ("", "does not look like a module path"),
        ("mw.", "has no name"),
        ("..Middleware", "not a module name"),
        ("sys.Middleware", "not source that is read"),
        ("broken.Middleware", "cannot be parsed"),
        ("python2.Middleware", "cannot be parsed"),
        ("nul.Middleware", "null bytes"),
    ],
)
def test_what_cannot_be_found_or_parsed_is_unknown_in_every_fact(
    tmp_path: Path, path: str, reason: str
) -> None:
    files = {"mw.py": "", "broken.py": "def (:\n", "python2.py": "print 'x'\n", "nul.py": "x = 1\0\n"}
    definition = read(tmp_path, files, path)
    facts = definition.facts
    for claim in (facts.sync_capable, facts.async_capable, facts.mixin_acall, facts.marked_async, facts.used):
        assert_blocked(claim, reason)
    assert facts.own_hops.high is None
    assert definition.kind is DefinitionKind.UNKNOWN
    assert definition.is_middleware.answer is Answer.UNKNOWN


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    assert_blocked(read(tmp_path, "x = 1\n\ny = = 2\n").facts.sync_capable, "line 3", 3)


def test_a_base_that_is_not_installed_leaves_what_it_may_define_unknown(tmp_path: Path) -> None:
    source = "from gone import Base\nclass Middleware(Base):\n    sync_capable = True\n"
    definition = read(tmp_path, source)
    assert definition.facts.sync_capable.answer is Answer.YES
    assert_blocked(definition.facts.async_capable, "module gone is not installed", 1)
    assert definition.mro_complete.answer is Answer.UNKNOWN


def test_a_base_listed_before_the_unreadable_one_still_counts(tmp_path: Path) -> None:
    """C3 keeps the order of the bases, so nothing of the second can come before the first itself."""
    source = "from gone import Other\nclass Base:\n    async_capable = True\nclass Middleware(Base, Other):\n    pass\n"
    assert read(tmp_path, source).facts.async_capable.answer is Answer.YES


def test_an_ancestor_behind_the_unreadable_base_does_not_count(tmp_path: Path) -> None:
    """The unreadable class may itself derive from the ancestor and come before it, with a flag of its own."""
    source = (
        MIXIN
        + "from gone import Other\nclass Base(MiddlewareMixin):\n    pass\nclass Middleware(Base, Other):\n    pass\n"
    )
    assert_blocked(read(tmp_path, source).facts.async_capable, "gone")


def test_a_flag_that_depends_on_a_setting_names_the_setting_and_the_line(tmp_path: Path) -> None:
    source = (
        MIXIN
        + "from django.conf import settings\nclass Middleware(MiddlewareMixin):\n    async_capable = settings.USE_ASYNC\n"
    )
    assert_blocked(read(tmp_path, source).facts.async_capable, "settings.USE_ASYNC", 4)


@pytest.mark.parametrize(
    ("settings", "answer"),
    [
        ({"USE_ASYNC": True}, Answer.YES),
        ({"USE_ASYNC": False}, Answer.NO),
        ({}, Answer.NO),
        (None, Answer.UNKNOWN),
    ],
)
def test_the_projects_settings_decide_what_depends_on_them(
    tmp_path: Path, settings: dict[str, object] | None, answer: Answer
) -> None:
    source = (
        MIXIN
        + "from django.conf import settings\nclass Middleware(MiddlewareMixin):\n"
        + "    async_capable = getattr(settings, 'USE_ASYNC', False)\n"
    )
    assert read(tmp_path, source, settings=settings).facts.async_capable.answer is answer


def test_djangos_own_defaults_count_where_the_project_says_nothing(tmp_path: Path) -> None:
    """django/conf/global_settings.py: ``USE_I18N = True``."""
    source = "from django.conf import settings\nclass Middleware:\n    async_capable = settings.USE_I18N\n"
    assert read(tmp_path, source, settings={}).facts.async_capable.answer is Answer.YES


def test_an_unset_setting_read_without_default_stays_unknown(tmp_path: Path) -> None:
    """An app may set its defaults on ``settings`` when it is loaded (django-appconf does)."""
    source = "from django.conf import settings\nclass Middleware:\n    async_capable = settings.OF_AN_APP\n"
    assert_blocked(read(tmp_path, source, settings={}).facts.async_capable, "OF_AN_APP")


def test_two_undecided_bases_that_agree_are_known(tmp_path: Path) -> None:
    source = (
        "from django.conf import settings\nclass A:\n    async_capable = True\nclass B:\n    async_capable = True\n"
        "    sync_capable = False\nclass Middleware(A if settings.X else B):\n    pass\n"
    )
    facts = read(tmp_path, source).facts
    assert facts.async_capable.answer is Answer.YES
    assert_blocked(facts.sync_capable, "settings.X", 7)


def test_a_decorator_that_cannot_be_read_hides_everything(tmp_path: Path) -> None:
    source = "from gone import magic\n@magic\ndef Middleware(get_response):\n    return get_response\n"
    assert_blocked(read(tmp_path, source).facts.async_capable, "gone", 1)


def test_hops_that_depend_on_the_request_have_bounds_and_a_reason(tmp_path: Path) -> None:
    source = """
from asgiref.sync import markcoroutinefunction, sync_to_async
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        if request.user.is_staff:
            await sync_to_async(print)(request)
        return await self.get_response(request)
"""
    hops = read(tmp_path, source).facts.own_hops
    assert (hops.low, hops.high) == (0, 1)
    assert "request.user" in hops.reason
    assert hops.location == Location(str(tmp_path / "mw.py"), 9, 12)


@pytest.mark.parametrize(
    "statement",
    [
        "for name in request.names:\n            await sync_to_async(print)(name)",
        "await request.auser()",
        "await unheard_of(request)",
        "async with request.lock:\n            pass",
        "async for part in request:\n            pass",
        "[await sync_to_async(print)(name) for name in request.names]",
    ],
)
def test_hops_without_a_bound_say_so(tmp_path: Path, statement: str) -> None:
    source = f"""
from asgiref.sync import markcoroutinefunction, sync_to_async
from gone import unheard_of
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        {statement}
        return await self.get_response(request)
"""
    hops = read(tmp_path, source).facts.own_hops
    assert hops.high is None
    assert hops.reason
    assert hops.location is not None


def test_hops_on_ways_that_never_reach_get_response_do_not_count(tmp_path: Path) -> None:
    source = """
from asgiref.sync import markcoroutinefunction, sync_to_async
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        if request.GET:
            return await sync_to_async(print)(request)
        try:
            return await self.get_response(request)
        except ValueError:
            return await sync_to_async(print)("failed")
"""
    hops = read(tmp_path, source).facts.own_hops
    assert (hops.low, hops.high) == (0, 0)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("raise MiddlewareNotUsed", Answer.NO),
        ("raise MiddlewareNotUsed('off')", Answer.NO),
        ("if settings.OFF:\n            raise MiddlewareNotUsed", Answer.UNKNOWN),
        ("if False:\n            raise MiddlewareNotUsed", Answer.YES),
        ("pass", Answer.YES),
    ],
)
def test_a_constructor_that_refuses_is_seen(tmp_path: Path, body: str, answer: Answer) -> None:
    source = f"""
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
class Middleware:
    def __init__(self, get_response):
        {body}
    def __call__(self, request):
        return None
"""
    assert read(tmp_path, source).facts.used.answer is answer


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "class Middleware:\n    def process_request(self, request):\n        pass\n",
            "takes no get_response",
        ),
        ("class Middleware:\n    def __init__(self):\n        pass\n", "get_response alone"),
        ("class Middleware:\n    def __init__(self, a, b):\n        pass\n", "get_response alone"),
        ("class Middleware:\n    def __init__(self, get_response):\n        pass\n", "cannot be called"),
        ("def Middleware():\n    return print\n", "get_response alone"),
        ("def Middleware(get_response):\n    pass\n", "returns nothing"),
    ],
)
def test_look_alikes_are_no_middleware(tmp_path: Path, source: str, reason: str) -> None:
    shape = read(tmp_path, source).is_middleware
    assert shape.answer is Answer.NO
    assert reason in shape.reason


def test_what_is_neither_class_nor_function_is_unknown(tmp_path: Path) -> None:
    definition = read(tmp_path, "Middleware = ['a', 'list']\n")
    assert definition.kind is DefinitionKind.UNKNOWN
    assert definition.is_middleware.answer is not Answer.YES


def test_evidence_is_the_line_that_says_it(tmp_path: Path) -> None:
    files = {
        "mw.py": "from base import Base\nclass Middleware(Base):\n    pass\nMiddleware.sync_capable = False\n",
        "base.py": "class Base:\n    x = 1\n    async_capable = True\n",
    }
    facts = read(tmp_path, files).facts
    assert facts.async_capable.location == Location(str(tmp_path / "base.py"), 3, 5)
    assert "base.Base" in facts.async_capable.reason
    assert facts.sync_capable.location == Location(str(tmp_path / "mw.py"), 4, 1)
    assert facts.marked_async.answer is Answer.NO


CLASS = """
class Middleware:
    async_capable = FLAG
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
"""
CHANGED = {
    "item set": ("D = {'a': True}\nD['a'] = False\nFLAG = D['a']\n", "D is changed after it is made"),
    "item deleted": (
        "D = {'a': True}\ndel D['a']\nFLAG = D.get('a', False)\n",
        "D is changed after it is made",
    ),
    "updated": ("D = {'a': True}\nD.update(a=False)\nFLAG = D['a']\n", "D is changed after it is made"),
    "through an alias": (
        "D = {'a': True}\nE = D\nE['a'] = False\nFLAG = D['a']\n",
        "D is changed after it is made",
    ),
    "through an augmented alias": (
        "D = {'a': True}\nE = D\nE |= {'a': False}\nFLAG = D['a']\n",
        "D is changed after it is made",
    ),
    "by what it is passed to": (
        "D = {'a': True}\ndef f(d):\n    d['a'] = False\nf(D)\nFLAG = D['a']\n",
        "D is changed after it is made",
    ),
    "list appended to": ("L = []\nL.append(1)\nFLAG = bool(L)\n", "L is changed after it is made"),
    "default": (
        "def f(seen=[]):\n    seen.append(1)\n    return len(seen) == 2\nONE = f()\nFLAG = f()\n",
        "seen is changed after it is made",
    ),
    "global": (
        "FLAG = True\ndef f():\n    global FLAG\n    FLAG = False\nf()\n",
        "FLAG is bound anew inside a function",
    ),
    "nonlocal": (
        "def f():\n    x = False\n    def g():\n        nonlocal x\n        x = True\n    g()\n    return x\nFLAG = f()\n",
        "x is bound anew inside a function",
    ),
    "while": ("n = 0\nwhile n < 3:\n    n += 1\nFLAG = n == 3\n", "while"),
    "enumeration": (
        "import enum\nclass E(enum.Enum):\n    OFF = 0\nFLAG = E.OFF\n",
        "member of an enumeration",
    ),
    "return over return": (
        "def f():\n    try:\n        return False\n    finally:\n        return True\nFLAG = f()\n",
        "only decided while",
    ),
    "partial": (
        "import functools\nFLAG = False\ndef make(get_response, x):\n    return get_response\n"
        "PART = functools.partial(make, x=1)\nPART.async_capable = True\nFLAG = PART.async_capable\n",
        "attributes of the partial PART are set",
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_a_value_that_something_changes_behind_its_binding_is_unknown(tmp_path: Path, case: str) -> None:
    source, reason = CHANGED[case]
    assert_blocked(read(tmp_path, source + CLASS).facts.async_capable, reason)


@pytest.mark.parametrize(
    "setter", ["cls.async_capable = True", "setattr(cls, name, True)"], ids=["plain", "computed"]
)
def test_what_init_subclass_sets_is_unknown(tmp_path: Path, setter: str) -> None:
    source = f"""
class Base:
    def __init_subclass__(cls, name="async_capable"):
        {setter}
class Middleware(Base):
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
"""
    assert_blocked(read(tmp_path, source).facts.async_capable, "__init_subclass__ may set async_capable", 2)


def test_a_tuple_that_is_passed_on_is_known(tmp_path: Path) -> None:
    """Nothing can change it: django.VERSION is one."""
    source = "VERSION = (5, 2)\ndef show(version): ...\nTEXT = show(VERSION)\nFLAG = VERSION >= (5, 0)\n"
    assert read(tmp_path, source + CLASS).facts.async_capable.answer is Answer.YES


def test_a_coroutine_made_under_an_undecided_condition_names_the_condition(tmp_path: Path) -> None:
    """Its hop is made in a task, without an await here."""
    source = """
import asyncio
from asgiref.sync import markcoroutinefunction, sync_to_async
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        response = await self.get_response(request)
        if response.status_code == 403:
            asyncio.create_task(sync_to_async(print)("denied"))
        return response
"""
    hops = read(tmp_path, source).facts.own_hops
    assert (hops.low, hops.high) == (0, 1)
    assert "the result of await self.get_response(request)" in hops.reason


def test_a_call_is_judged_by_its_own_arguments_and_not_by_those_of_a_default(tmp_path: Path) -> None:
    """``flag(True, 1)`` is a TypeError, whatever the call in the default of another parameter was."""
    source = """
        def usual():
            return 1

        def flag(value, *, other=usual()):
            return value

        class Middleware:
            async_capable = flag(True, 1)

            def __init__(self, get_response):
                self.get_response = get_response

            def __call__(self, request):
                return self.get_response(request)
    """
    facts = read(tmp_path, dedent(source)).facts
    assert facts.async_capable.answer is not Answer.YES


def test_a_module_that_is_given_a_class_of_its_own_may_have_any_name(tmp_path: Path) -> None:
    """No name is missing there, and none that is spelt like it is meant."""
    source = """
import sys, types
class Names(types.ModuleType):
    Middleware = property(lambda self: Middlewares)
class Middlewares:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
sys.modules[__name__].__class__ = Names
"""
    reason = read(tmp_path, source).facts.async_capable.reason
    assert reason == "module mw writes its namespace at run time"
