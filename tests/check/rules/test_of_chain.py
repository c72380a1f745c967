"""The rules that a chain of loaded layers can use at all, and that the others say nothing of one."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from bridgekit.check.findings.subject import Project, Subject
from bridgekit.check.fixes.stacks import build_subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.parsing import SourceModule, parse_source
from bridgekit.check.rules._entry_run import run_problems
from bridgekit.check.rules.brg016_entry_points import is_as_startproject_writes
from bridgekit.check.rules.engine import run_rules
from bridgekit.check.rules.of_chain import CHAIN_RULES
from bridgekit.check.rules.registry import ALL_RULES
from bridgekit.check.settings.result import Known, MiddlewareEntry, Variant
from bridgekit.middleware_chain.facts import HOOKS, Answer, Claim, Count, HookFacts, Location, MiddlewareFacts
from bridgekit.middleware_chain.requests import Server

PLACE = Location("/site/settings.py", 1)
MODES = [(sync, both) for sync, both in product((True, False), repeat=2)]
SETTINGS = {
    "DATABASES": {
        "default": {"CONN_MAX_AGE": 60, "ATOMIC_REQUESTS": True, "ENGINE": "django.db.backends.sqlite3"}
    },
    "INSTALLED_APPS": ["django.contrib.sites", "shop"],
    "ROOT_URLCONF": "shop.urls",
}


def facts_of(path: str, *, sync: bool, asynchronous: bool, mixin: bool) -> MiddlewareFacts:
    said = Claim(Answer.of(mixin), "as loaded")
    return MiddlewareFacts(
        path,
        sync_capable=Claim(Answer.of(sync), "as loaded"),
        async_capable=Claim(Answer.of(asynchronous), "as loaded"),
        mixin_acall=said,
        mixin_call=said,
        marked_async=Claim(Answer.of(asynchronous), "as loaded"),
        hooks={name: HookFacts(name, Claim(Answer.of(not mixin), "as loaded")) for name in HOOKS},
        defined_at=Location("/site/layers.py", 1),
        own_hops=Count(),
    )


def loaded(paths: list[str], facts: dict[str, MiddlewareFacts], server: Server) -> Subject:
    """A chain of which nothing was read."""
    variant = Variant(
        (),
        True,
        tuple(MiddlewareEntry(path, PLACE) for path in paths),
        settings={name: Known(value, PLACE) for name, value in SETTINGS.items()},
    )
    project = Project("/site", server, (3, 14), {"asgiref": (3, 7), "django": (6, 1)}, async_views=list)
    return build_subject(project, variant, lambda path, place: Definition(path, facts[path]))


@pytest.mark.parametrize("server", Server)
def test_the_rules_that_follow_source_say_nothing_of_loaded_layers(server: Server) -> None:
    """Each kind of layer around and inside each other: what the rest finds is all there is to find."""
    kinds = {
        f"bridgekit.django.shop.Layer{number}": (sync, asynchronous, mixin)
        for number, ((sync, asynchronous), mixin) in enumerate(product(MODES, (True, False)))
    }
    kinds["bridgekit.django.middleware.SingleHopMiddleware"] = (True, False, False)
    kinds["bridgekit.django.middleware.TimingMiddleware"] = (True, True, False)
    facts = {
        path: facts_of(path, sync=sync, asynchronous=asynchronous, mixin=mixin)
        for path, (sync, asynchronous, mixin) in kinds.items()
    }
    told: set[str] = set()
    for pair in product(facts, repeat=2):
        subjects = [loaded([*pair], facts, server)]
        everything = run_rules(ALL_RULES, subjects)
        assert everything == run_rules(CHAIN_RULES, subjects), pair
        told |= {finding.code for finding in everything}
    assert told >= (
        {"BRG001", "BRG002", "BRG013", "BRG018", "BRG019"} if server is Server.ASGI else {"BRG012", "BRG013"}
    )


def test_they_are_rules_of_the_registry_in_its_order() -> None:
    assert [rule for rule in ALL_RULES if rule in CHAIN_RULES] == [*CHAIN_RULES]


STARTED = """\"\"\"
ASGI config for shop project.
\"\"\"

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

application = get_asgi_application()
"""


def entry_point(name: str, text: str) -> SourceModule:
    tree, error, _ = parse_source(text.encode())
    assert not error
    return SourceModule(name, f"/site/shop/{name}.py", tree)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("asgi", STARTED),
        ("wsgi", STARTED.replace("asgi", "wsgi")),
        ("asgi", STARTED.replace("django.core.asgi", "bridgekit.django")),
        ("wsgi", STARTED.replace("django.core.asgi", "bridgekit.django").replace("asgi", "wsgi")),
        (
            "asgi",
            STARTED.partition("project.")[2]
            .partition("\n\n")[2]
            .replace("shop.settings", "config.settings.production"),
        ),
    ],
)
def test_an_entry_point_as_startproject_writes_it_needs_no_run(name: str, text: str, tmp_path: Path) -> None:
    module = entry_point(name, text)
    assert is_as_startproject_writes(module)
    assert list(run_problems(module, loaded([], {}, Server.ASGI))) == []


@pytest.mark.parametrize(
    "text",
    [
        STARTED.replace("core.asgi", "core.wsgi").replace("get_asgi", "get_wsgi"),
        STARTED.replace("application()", "application"),
        STARTED.replace("shop.settings", "shop.settings") + "application = Wrapped(application)\n",
        STARTED.replace("import os\n", "import os\nimport shop.models\n"),
        STARTED.replace("get_asgi_application\n\n", "get_asgi_application as get_asgi_application\n\n", 1),
        STARTED.replace("from django.core.asgi", "from .django.core.asgi"),
        STARTED.replace("DJANGO_SETTINGS_MODULE", "DJANGO_SETTINGS"),
        STARTED.replace("environ.setdefault", "environ.pop"),
        STARTED.replace('"shop.settings"', "name()"),
        STARTED.replace("import os", "import os as posix"),
        STARTED.replace("application = ", "app = "),
    ],
)
def test_any_other_is_followed(text: str) -> None:
    assert not is_as_startproject_writes(entry_point("asgi", text))
