"""The idioms of settings files, one test each, on hand-written projects."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from bridgekit.check.settings import Known, Unknown

from .evaluating import by_name, evaluate, listed


@pytest.mark.parametrize(
    "source",
    [
        "MIDDLEWARE = ['a', 'b', 'c']",
        "MIDDLEWARE = ('a', 'b', 'c')",
        "MIDDLEWARE: tuple[str, ...] = ('a',) + ('b', 'c')",
        "MIDDLEWARE = ['b', 'c']\nMIDDLEWARE.insert(0, 'a')",
        "MIDDLEWARE = ['a']\nMIDDLEWARE += ('b', 'c')",
        "X = ['c']\nMIDDLEWARE = ['a', 'b', *X]",
        "MIDDLEWARE = ['a', 'c']\nMIDDLEWARE.insert(MIDDLEWARE.index('a') + 1, 'b')",
        "MIDDLEWARE = ['x', 'a', 'b', 'c', 'y'][1:-1]",
        "MIDDLEWARE = [m for m in ('a', 'no', 'b', 'c') if m != 'no']",
        "MIDDLEWARE = ['a', 'b', 'c', 'd']\nMIDDLEWARE.remove('d')",
        "MIDDLEWARE = ['a', 'b', 'c', 'd']\nMIDDLEWARE.pop()",
        "MIDDLEWARE = ['a', 'b']\nMIDDLEWARE[2:] = ['c']",
        "MIDDLEWARE = 'a b c'.split()",
        "MIDDLEWARE = [f'{x}' for x in 'abc']",
        "from collections import OrderedDict\nMIDDLEWARE = list(OrderedDict.fromkeys(['a', 'b'] + ['a', 'c']))",
        "import itertools\nMIDDLEWARE = list(itertools.chain(['a'], ('b', 'c')))",
        "if (m := ['a', 'b', 'c']):\n    MIDDLEWARE = m",
        "def build(*extra):\n    return ['a', *extra]\nMIDDLEWARE = build('b', 'c')",
        "MIDDLEWARE = ['a', 'b']\ndef add():\n    global MIDDLEWARE\n    MIDDLEWARE = MIDDLEWARE + ['c']\nadd()",
        "MIDDLEWARE = ['a']\ndef add(items):\n    items.extend(['b', 'c'])\nadd(MIDDLEWARE)",
        "GRAPHENE = {'MIDDLEWARE': ['decoy']}\nMIDDLEWARE = ['a', 'b', 'c']\nMIDDLEWARE_LAST = ['decoy']",
        "globals()['MIDDLEWARE'] = ['a', 'b', 'c']",
        "vars().update(MIDDLEWARE=['a', 'b', 'c'])",
        "from contextlib import suppress\nMIDDLEWARE = ['a', 'b', 'c']\nwith suppress(ImportError):\n"
        "    import not_there\n    MIDDLEWARE.append('d')",
        "match 'x':\n    case 'y':\n        MIDDLEWARE = []\n    case 'x' | 'z':\n        MIDDLEWARE = ['a', 'b', 'c']",
        "class Names:\n    first = 'a'\n    def rest(self):\n        return ['b', 'c']\n"
        "MIDDLEWARE = [Names.first, *Names().rest()]",
        "import sys\nsettings = sys.modules[__name__]\nsetattr(settings, 'MIDDLEWARE', ['a', 'b', 'c'])",
        "MIDDLEWARE = []\nfor name in ('a', 'b', 'c'):\n    MIDDLEWARE.append(name)",
        "n = 0\nMIDDLEWARE = []\nwhile n < 3:\n    MIDDLEWARE.append('abc'[n])\n    n += 1",
        "from functools import partial, reduce\nMIDDLEWARE = reduce(lambda l, x: l + [x], 'abc', [])",
        "import copy\nBASE = ['a', 'b']\nMIDDLEWARE = copy.deepcopy(BASE)\nBASE.append('no')\nMIDDLEWARE += ['c']",
    ],
)
def test_ways_to_write_one_list(tmp_path: Path, source: str) -> None:
    """Each of these leaves a, b, c."""
    result = evaluate(tmp_path, settings=source)
    assert listed(result.default) == ["a", "b", "c"]
    assert result.default.name == "default"


def test_each_entry_stands_where_its_literal_stands(tmp_path: Path) -> None:
    """Locations survive slices, inserts and imports."""
    result = evaluate(
        tmp_path,
        "pkg.dev",
        pkg__base="MIDDLEWARE = [\n    'one.One',\n    'two.Two',\n]\n",
        pkg__dev="from .base import *\nMIDDLEWARE = MIDDLEWARE[:1] + [\n    'mid.Mid',\n] + MIDDLEWARE[1:]\n",
    )
    places = [(Path(e.location.path).name, e.location.line) for e in result.default.middleware or ()]
    assert places == [("base.py", 2), ("dev.py", 3), ("base.py", 3)]


def test_environment_conditions_become_variants(tmp_path: Path) -> None:
    """Both branches, each under the environment that reaches it; the default is the one with nothing set."""
    result = evaluate(
        tmp_path,
        settings="""\
            import os
            DEBUG = os.environ.get("DEBUG", "0") == "1"
            MIDDLEWARE = ["a"]
            if DEBUG:
                MIDDLEWARE.append("toolbar")
            if "GZIP" in os.environ:
                MIDDLEWARE.insert(0, "gzip")
            if not DEBUG:
                MIDDLEWARE.append("cache")
        """,
    )
    assert result.variants[0].is_default
    assert by_name(result) == {
        "default": ["a", "cache"],
        "DEBUG=1": ["a", "toolbar"],
        "GZIP set": ["gzip", "a", "cache"],
        "DEBUG=1, GZIP set": ["gzip", "a", "toolbar"],
    }


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ("random.shuffle(MIDDLEWARE)", None),
        ("heapq.heapify(MIDDLEWARE)", None),
        ("operator.iadd(MIDDLEWARE, ['b.B'])", None),
        ("list.append(MIDDLEWARE, 'b.B')", ["a.A", "b.B"]),
        ("list(map(MIDDLEWARE.append, ['b.B']))", ["a.A", "b.B"]),
    ],
)
def test_a_call_that_changes_its_argument_makes_a_variant(
    tmp_path: Path, change: str, result: list[str] | None
) -> None:
    """Not every function of the standard library, and not every built-in one, leaves alone what it is given."""
    settings = f"""
        import heapq, operator, os, random
        MIDDLEWARE = ["a.A"]
        if os.environ.get("FLAG") == "1":
            {change}
    """
    assert by_name(evaluate(tmp_path, settings=settings)) == {"default": ["a.A"], "FLAG=1": result}


def test_given_environment_decides(tmp_path: Path) -> None:
    """A variable that is given is no question any more."""
    source = "import os\nMIDDLEWARE = ['a']\nif os.getenv('X'):\n    MIDDLEWARE += ['x']\n"
    assert by_name(evaluate(tmp_path, environ={"X": "1"}, settings=source)) == {"default": ["a", "x"]}


@pytest.mark.parametrize(
    ("reader", "on"),
    [
        ("import environ\nenv = environ.Env()\nFLAG = env.bool('FLAG', default=False)", "true"),
        ("import environ\nenv = environ.Env(FLAG=(bool, False))\nFLAG = env('FLAG')", "true"),
        ("from decouple import config\nFLAG = config('FLAG', default=False, cast=bool)", "true"),
        ("from environs import Env\nenv = Env()\nFLAG = env.bool('FLAG', False)", "true"),
        (
            "import os\nfrom distutils.util import strtobool\nFLAG = strtobool(os.getenv('FLAG', 'no'))",
            "true",
        ),
        ("import os\nFLAG = os.environ.get('FLAG', '').lower() in ('yes', 'on')", "yes"),
        ("import os\nFLAG = bool(int(os.environ.get('FLAG', '0')))", "1"),
        ("import os\nFLAG = bool(os.environ.get('FLAG', False))", None),
        (
            "import os\ndef envbool(name, default):\n    return os.getenv(name, default) == 'True'\n"
            "FLAG = envbool('FLAG', 'False')",
            "True",
        ),
        (
            "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    FLAG: bool = False\nFLAG = S().FLAG",
            "true",
        ),
    ],
)
def test_typed_environment_readers_give_their_defaults(tmp_path: Path, reader: str, on: str | None) -> None:
    """django-environ, decouple, environs, strtobool, pydantic and home-made helpers: the default, and the switch."""
    result = evaluate(
        tmp_path, settings=f"{reader}\nMIDDLEWARE = ['a']\nif FLAG:\n    MIDDLEWARE.append('flag')\n"
    )
    assert [listed(variant) for variant in result.variants] == [["a"], ["a", "flag"]]
    assert result.variants[1].conditions[0].environ == ("FLAG", on)


def test_settings_package_with_star_imports_and_a_sibling_that_appends(tmp_path: Path) -> None:
    """One list object under several names: an append anywhere shows everywhere."""
    result = evaluate(
        tmp_path,
        "pkg",
        pkg="from .web import *\nfrom .security import *\n",
        pkg__web="MIDDLEWARE = ['a']\nHELPERS = 1\n",
        pkg__security="from .web import MIDDLEWARE\nMIDDLEWARE.append('security')\n",
    )
    assert by_name(result) == {"default": ["a", "security"]}
    assert [Path(path).name for path in result.files_read] == ["__init__.py", "web.py", "security.py"]


def test_optional_local_settings_are_absent_and_said_so(tmp_path: Path) -> None:
    """``try: from .local import *``: decided by whether the file is in the tree."""
    source = "MIDDLEWARE = ['a']\ntry:\n    from .local import *\nexcept ImportError:\n    pass\n"
    result = evaluate(tmp_path, "pkg.main", pkg__main=source)
    assert by_name(result) == {"default": ["a"]}
    assert any("pkg.local does not exist" in note.text for note in result.notes)
    result = evaluate(tmp_path, "pkg.main", pkg__main=source, pkg__local="MIDDLEWARE = ['local']\n")
    assert by_name(result) == {"default": ["local"]}


def test_an_uninstalled_package_in_a_try_makes_a_variant(tmp_path: Path) -> None:
    """Whether ``debug_toolbar`` can be imported depends on the environment."""
    result = evaluate(
        tmp_path,
        settings="MIDDLEWARE = ['a']\ntry:\n    import no_such_toolbar\nexcept ImportError:\n    pass\n"
        "else:\n    MIDDLEWARE += ['toolbar']\n",
    )
    assert [listed(variant) for variant in result.variants][-2:] == [["a"], ["a", "toolbar"]] or by_name(
        result
    )["default"] == ["a"]
    assert any("no_such_toolbar can be imported" in variant.name for variant in result.variants)


def test_split_settings_includes_run_in_the_callers_scope(tmp_path: Path) -> None:
    """``include`` runs files in the caller's scope, in sorted order; ``optional`` may match nothing."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/20_more.py").write_text("MIDDLEWARE += ['more']\n")
    (tmp_path / "parts/10_base.py").write_text("MIDDLEWARE = ['base']\n")
    result = evaluate(
        tmp_path,
        settings="from split_settings.tools import include, optional\n"
        "include('parts/*.py', optional('local_*.py'), scope=locals())\nMIDDLEWARE.append('end')\n",
    )
    assert by_name(result) == {"default": ["base", "more", "end"]}


def test_configuration_classes_are_variants(tmp_path: Path) -> None:
    """django-configurations: attributes, inheritance, properties, methods, values; each class is a variant."""
    source = """\
        from configurations import Configuration, values
        class Base(Configuration):
            DEBUG = values.BooleanValue(False)
            MIDDLEWARE = ["a"]
        class Dev(Base):
            DEBUG = True
            @property
            def MIDDLEWARE(self):
                return [*super().MIDDLEWARE, "dev"]
        class Prod(Base):
            MIDDLEWARE = Base.MIDDLEWARE + ["prod"]
            @classmethod
            def pre_setup(cls):
                super().pre_setup()
                cls.MIDDLEWARE = cls.MIDDLEWARE + ["hook"]
    """
    result = evaluate(tmp_path, settings=source)
    assert by_name(result) == {
        "default": None,
        "DJANGO_CONFIGURATION=Base": ["a"],
        "DJANGO_CONFIGURATION=Dev": ["a", "dev"],
        "DJANGO_CONFIGURATION=Prod": ["a", "prod", "hook"],
    }
    assert "DJANGO_CONFIGURATION" in result.default.blocked[0].reason
    chosen = evaluate(tmp_path, settings=source, environ={"DJANGO_CONFIGURATION": "Dev"})
    assert listed(chosen.default) == ["a", "dev"]
    assert chosen.default.value("DEBUG") == Known(True, chosen.default.settings["DEBUG"].location)


@pytest.mark.parametrize(
    "body",
    [
        """
        @property
        def MIDDLEWARE(self):
            middleware = ["a"]
            if os.environ.get("MORE") == "1":
                middleware.append("more")
            return middleware
        """,
        """
        MORE = os.environ.get("MORE") == "1"
        def MIDDLEWARE(self):
            return ["a", "more"] if self.MORE else ["a"]
        """,
        """
        MIDDLEWARE = ["a"]
        @classmethod
        def post_setup(cls):
            super().post_setup()
            if os.environ.get("MORE") == "1":
                cls.MIDDLEWARE.append("more")
        """,
        """
        MIDDLEWARE = ["a"]
        @classmethod
        def setup(cls):
            super().setup()
            if os.environ.get("MORE") == "1":
                cls.MIDDLEWARE = [*cls.MIDDLEWARE, "more"]
        """,
    ],
)
def test_what_a_configuration_asks_of_the_environment_gives_variants(tmp_path: Path, body: str) -> None:
    """In properties, methods and setup hooks as in the body of the class."""
    source = "import os\nfrom configurations import Configuration\nclass Base(Configuration):\n"
    result = evaluate(tmp_path, settings=source + indent(dedent(body), "    "))
    assert by_name(result) == {
        "DJANGO_CONFIGURATION=Base": ["a"],
        "DJANGO_CONFIGURATION=Base, MORE=1": ["a", "more"],
    }


def test_a_configuration_has_djangos_defaults(tmp_path: Path) -> None:
    """configurations/base.py copies ``global_settings`` into every class: reading one of them is no error."""
    result = evaluate(
        tmp_path,
        settings="""\
            from configurations import Configuration
            class Dev(Configuration):
                STORAGES = Configuration.STORAGES | {"videos": {}}
                MIDDLEWARE = ["a"]
            class Test(Dev):
                TEMPLATES = Dev.TEMPLATES + [{}]
        """,
    )
    assert not result.error
    assert by_name(result) == {
        "default": None,
        "DJANGO_CONFIGURATION=Dev": ["a"],
        "DJANGO_CONFIGURATION=Test": ["a"],
    }


def test_a_settings_class_that_loads_itself(tmp_path: Path) -> None:
    """The home-made kind: ``inspect.getmembers`` and ``setattr(sys.modules[...])``."""
    result = evaluate(
        tmp_path,
        settings="""\
            import inspect, sys
            class Loader:
                @classmethod
                def load_settings(cls, name):
                    self = cls()
                    for member, value in inspect.getmembers(self):
                        if member.isupper():
                            setattr(sys.modules[name], member, value)
            class Base(Loader):
                @property
                def MIDDLEWARE(self):
                    return ["a", "drop"]
            class Site(Base):
                @property
                def MIDDLEWARE(self):
                    found = list(super().MIDDLEWARE)
                    found.remove("drop")
                    return found + ["site"]
            Site.load_settings(__name__)
        """,
    )
    assert by_name(result) == {"default": ["a", "site"]}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("exec(open('/etc/site.conf').read())", "exec"),
        (
            "from dynaconf import DjangoDynaconf\nsettings = DjangoDynaconf(__name__)",
            "dynaconf.DjangoDynaconf",
        ),
        ("import django_heroku\ndjango_heroku.settings(locals())", "django_heroku.settings"),
        ("import yaml\nvars().update(yaml.safe_load(open('x')))", "yaml.safe_load"),
        ("from no_such_package import *", "no_such_package"),
        ("import patcher\npatcher.patch(MIDDLEWARE)", "patcher.patch"),
        ("MIDDLEWARE = eval('MIDDLEWARE')", "eval"),
        ("import plugins\nfor plugin in plugins.found():\n    MIDDLEWARE.append(plugin)", "plugins.found"),
        ("MIDDLEWARE = list(set(MIDDLEWARE + ['b']))", "order of a set"),
        ("import random\nrandom.shuffle(MIDDLEWARE)", "random.shuffle"),
        ("import plugins\nMIDDLEWARE += [plugins.NAME]", "plugins.NAME"),
    ],
)
def test_what_cannot_be_known_is_said_with_its_line(tmp_path: Path, line: str, reason: str) -> None:
    """Unknown with the exact blocking line; a variant may say what holds if the code leaves MIDDLEWARE alone."""
    result = evaluate(tmp_path, settings=f"MIDDLEWARE = ['a']\n{line}\n")
    assert result.default.middleware is None
    blocked = result.default.blocked[0]
    assert reason in blocked.reason
    assert blocked.location.line in (2, 3)
    for variant in result.variants[1:]:
        assert listed(variant) in (["a"], None)
        assert variant.conditions


def test_an_unread_condition_blocks_the_default_and_names_both_sides(tmp_path: Path) -> None:
    """A condition without a default: the default variant is unknown, both stacks are listed."""
    result = evaluate(
        tmp_path,
        settings="import company\nMIDDLEWARE = ['a']\nif company.is_internal():\n    MIDDLEWARE.append('internal')\n",
    )
    assert result.default.middleware is None
    assert result.default.blocked[0].location.line == 3
    assert [listed(variant) for variant in result.variants[1:]] == [["a"], ["a", "internal"]]


def test_a_required_variable_is_assumed_and_named(tmp_path: Path) -> None:
    """Settings that refuse to start without a secret: the default variant says what it assumes."""
    result = evaluate(
        tmp_path,
        settings="import os\nKEY = os.getenv('KEY')\nif not KEY:\n    raise RuntimeError('set KEY')\n"
        "OTHER = os.environ['OTHER']\nMIDDLEWARE = ['a']\n",
    )
    assert by_name(result) == {"KEY set": ["a"]}
    assert result.default.is_default
    assert isinstance(result.default.value("OTHER"), Unknown)


def test_other_settings_are_plain_values(tmp_path: Path) -> None:
    """What rules read: nested values, with the inputs they rest on."""
    result = evaluate(
        tmp_path,
        settings="""\
            import os, dj_database_url
            from pathlib import Path
            BASE_DIR = Path(__file__).resolve().parent
            DEBUG = os.environ.get("DEBUG", "") == "1"
            DATABASES = {"default": {"ATOMIC_REQUESTS": True, "NAME": BASE_DIR / "db", "PASSWORD": os.environ["PW"]}}
            DATABASES["url"] = dj_database_url.config(conn_max_age=600)
            ASGI_APPLICATION = "x.asgi.application"
            MIDDLEWARE = []
        """,
    )
    databases = result.default.value("DATABASES")
    assert isinstance(databases, Known)
    assert isinstance(databases.value, dict)
    assert databases.value["default"]["ATOMIC_REQUESTS"] is True
    assert databases.value["default"]["NAME"] == str(tmp_path / "db")
    assert isinstance(databases.value["default"]["PASSWORD"], Unknown)
    assert databases.value["url"]["CONN_MAX_AGE"] == 600
    debug = result.default.value("DEBUG")
    assert isinstance(debug, Known)
    assert (debug.value, debug.assumes) == (False, ("DEBUG",))
    assert result.default.value("ASGI_APPLICATION") == Known(
        "x.asgi.application", debug.location and result.default.settings["ASGI_APPLICATION"].location
    )
    assert result.default.value("WSGI_APPLICATION") is None


def test_the_number_of_variants_is_bounded_and_said(tmp_path: Path) -> None:
    """Twenty switches would be a million stacks."""
    lines = ["import os", "MIDDLEWARE = []"]
    for number in range(20):
        lines += [f"if os.getenv('F{number}'):", f"    MIDDLEWARE.append('m{number}')"]
    result = evaluate(tmp_path, settings="\n".join(lines))
    assert result.cut
    assert len(result.variants) <= 26
    assert by_name(result)["F7 set"] == ["m7"]


def test_two_unknown_conditions_together_block_the_default(tmp_path: Path) -> None:
    """Neither alone changes anything; together they do: the default is unknown."""
    source = "import company\nMIDDLEWARE = ['a']\nif company.one():\n    if company.two():\n        MIDDLEWARE += ['b']\n"
    result = evaluate(tmp_path, settings=source)
    assert result.default.middleware is None
    assert [listed(variant) for variant in result.variants[1:]] == [["a"], ["a", "b"]]


def test_a_change_under_another_name_is_found(tmp_path: Path) -> None:
    """The switch guards a call that changes the list through an alias."""
    result = evaluate(
        tmp_path,
        settings="""\
            import os
            MIDDLEWARE = ["a"]
            held = {"stack": MIDDLEWARE}
            def grow(items):
                target = items
                target.append("b")
            if os.environ.get("GROW"):
                grow(held["stack"])
        """,
    )
    assert by_name(result) == {"default": ["a"], "GROW set": ["a", "b"]}


def test_enum_members_are_told_apart(tmp_path: Path) -> None:
    """``Environment(os.environ.get(...))`` and comparison with members."""
    result = evaluate(
        tmp_path,
        settings="""\
            import enum, os
            class Environment(enum.Enum):
                DEV = "dev"
                LIVE = "live"
            ENV = Environment(os.environ.get("ENV", "live"))
            MIDDLEWARE = ["a"]
            if ENV == Environment.DEV:
                MIDDLEWARE.append(f"dev.{ENV.value}")
        """,
    )
    assert by_name(result) == {"default": ["a"], "ENV=dev": ["a", "dev.dev"]}


def test_production_settings_that_want_a_secret_are_a_variant_all_the_same(tmp_path: Path) -> None:
    """The flipped switch raises until a secret is there: the variant assumes it and says so."""
    result = evaluate(
        tmp_path,
        settings="""\
            import os
            DEV = os.environ.get("DEV", "1") == "1"
            KEY = os.environ.get("KEY", "")
            if not DEV and not KEY:
                raise RuntimeError("KEY")
            MIDDLEWARE = ["a"]
            if DEV:
                MIDDLEWARE.append("dev")
        """,
    )
    found = [listed(variant) for variant in result.variants]
    assert found == [["a", "dev"], ["a"]]
    assert {condition.environ[0] for condition in result.variants[1].conditions if condition.environ} == {
        "DEV",
        "KEY",
    }


def test_a_dotenv_file_of_the_project_is_read(tmp_path: Path) -> None:
    """``read_env`` sets what is unset; a variable that is given wins."""
    (tmp_path / ".env").write_text("# local\nexport FLAG='on'\nOTHER=1\n")
    source = (
        "import environ\nenv = environ.Env()\nenviron.Env.read_env()\nMIDDLEWARE = ['a']\n"
        "if env.bool('FLAG', default=False):\n    MIDDLEWARE.append('flag')\n"
    )
    assert by_name(evaluate(tmp_path, settings=source)) == {"default": ["a", "flag"]}
    assert by_name(evaluate(tmp_path, environ={"FLAG": "off"}, settings=source)) == {"default": ["a"]}


@pytest.mark.parametrize(
    "loop",
    [
        "for name in dir(there):\n    if name.startswith('LDAP_'):\n        globals()[name] = getattr(there, name)",
        "for name in dir(there):\n    if name.isupper() and name.startswith(('LDAP_', 'SSO_')):\n        vars()[name] = 1",
        "for name, value in there.items():\n    if not name.startswith('LDAP_'):\n        continue\n    locals()[name] = value",
    ],
)
def test_names_that_are_copied_by_their_beginning_are_not_middleware(tmp_path: Path, loop: str) -> None:
    """NetBox copies every SOCIAL_AUTH_ name of its configuration: those are unknown, and no others."""
    source = f"import there\nLDAP_URL = 'x'\nMIDDLEWARE = ['a']\n{loop}\n"
    variant = evaluate(tmp_path, settings=source).default
    assert listed(variant) == ["a"]
    assert isinstance(variant.value("LDAP_URL"), Unknown)
    assert isinstance(variant.value("LDAP_OTHER"), Unknown)


@pytest.mark.parametrize(
    "loop",
    [
        "for name in dir(there):\n    if name.startswith('MID'):\n        globals()[name] = getattr(there, name)",
        "for name in dir(there):\n    if name.startswith(''):\n        globals()[name] = getattr(there, name)",
        "for name in dir(there):\n    if name.startswith('X_'):\n        globals()[name[2:]] = getattr(there, name)",
        "for name in dir(there):\n    if name.startswith('X_'):\n        MIDDLEWARE.append(name)",
        "for name in dir(there):\n    if name.startswith('X_') or True:\n        globals()[name] = getattr(there, name)",
    ],
)
def test_names_that_may_be_middleware_block_it(tmp_path: Path, loop: str) -> None:
    """A beginning that says too little, a part of the name, another effect."""
    source = f"import there\nMIDDLEWARE = ['a']\n{loop}\n"
    variant = evaluate(tmp_path, settings=source).default
    assert variant.middleware is None
    assert variant.blocked[0].location.line == 3


def test_switches_beside_the_list_are_tried_before_all_others(tmp_path: Path) -> None:
    """However much else settings ask, and whatever budget that takes: two switches give four stacks."""
    others = "\n".join(f"OTHER_{n} = config.get('OTHER_{n}', 'x')" for n in range(150))
    source = f"""
import os
class Config:
    def get(self, name, default):
        if name in os.environ:
            return os.environ[name]
        return default
config = Config()
{others}
MIDDLEWARE = ['a']
if config.get('DEBUG', ''):
    MIDDLEWARE.append('debug')
if config.get('METRICS', ''):
    MIDDLEWARE.append('metrics')
"""
    found = list(by_name(evaluate(tmp_path, settings=source)).values())
    assert len(found) == 4
    for expected in (["a"], ["a", "debug"], ["a", "metrics"], ["a", "debug", "metrics"]):
        assert expected in found


def test_a_name_that_unread_code_may_bind_is_no_error(tmp_path: Path) -> None:
    """A function of a package can set names in the module that calls it: only before such a call is a NameError certain."""
    source = "import no_such_package\n{call}BASE_URL = 'x'\nMIDDLEWARE = ['a']\nHOSTS = [SITE_URL]\n"
    result = evaluate(tmp_path, settings=source.format(call="no_such_package.load('defaults')\n"))
    assert by_name(result) == {"default": ["a"]}
    assert result.error == ""
    result = evaluate(tmp_path, settings=source.format(call=""))
    assert "NameError" in result.error


def test_a_mixin_gets_what_a_module_holds(tmp_path: Path) -> None:
    """``configurations.utils.uppercase_attributes``: a decorator copies a module's settings into a class."""
    mixins = """
        from configurations.utils import uppercase_attributes
        from pkg import defaults
        def apply(cls):
            for name, value in uppercase_attributes(defaults).items():
                setattr(cls, name, value)
            return cls
        @apply
        class Mixin:
            pass
        """
    settings = """
        from configurations import Configuration
        from pkg.mixins import Mixin
        class Dev(Mixin, Configuration):
            MIDDLEWARE = ["a", *Mixin.EXTRA]
        """
    result = evaluate(
        tmp_path, settings=settings, pkg__mixins=mixins, pkg__defaults="EXTRA = ['b']\nlower = 1\n"
    )
    assert [listed(variant) for variant in result.variants] == [["a", "b"]]


def test_a_question_is_answered_in_words(tmp_path: Path) -> None:
    """Conditions of variants are sentences under either answer."""
    source = "import no_such_package\nMIDDLEWARE = ['a']\nno_such_package.setup(globals())\n"
    result = evaluate(tmp_path, settings=source)
    names = [variant.name for variant in result.variants]
    assert "the settings are left as they are (no_such_package.setup() is not read)" in names
    source = "MIDDLEWARE = ['a']\ntry:\n    import no_such_toolbar\n    MIDDLEWARE += ['b']\nexcept ImportError:\n    pass\n"
    names = [variant.name for variant in evaluate(tmp_path, settings=source).variants]
    assert "the module no_such_toolbar can be imported" in names


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (
            "from .base import *\nfrom . import dev\nMIDDLEWARE += dev.X\nMIDDLEWARE.extend(base.MORE)",
            ["a", "d", "b"],
        ),
        ("from .base import MIDDLEWARE\nMIDDLEWARE = MIDDLEWARE + base.MORE", ["a", "b"]),
        ("base = 1\nfrom .base import MORE\nMIDDLEWARE = base.MIDDLEWARE + MORE", ["a", "b"]),
        ("import pkg.dev\nMIDDLEWARE = dev.X", ["d"]),
    ],
)
def test_an_imported_submodule_is_a_name_of_its_package(
    tmp_path: Path, statements: str, expected: list[str]
) -> None:
    """Language reference, section 5.4.2: the import binds it there, in the settings themselves if they are the package."""
    result = evaluate(
        tmp_path,
        module="pkg",
        pkg=f"{statements}\n",
        pkg__base="MIDDLEWARE = ['a']\nMORE = ['b']\n",
        pkg__dev="X = ['d']\n",
    )
    assert by_name(result) == {"default": expected}
