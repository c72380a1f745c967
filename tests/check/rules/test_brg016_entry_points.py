"""BRG016: asgi.py and wsgi.py."""

from __future__ import annotations

import pytest

from tests.check.rules.conftest import CheckRule

RIGHT = """
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_asgi_application()
"""
RIGHT_WSGI = RIGHT.replace("asgi", "wsgi")
STATIC = "from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler\n"
ROUTER = "from channels.routing import ProtocolTypeRouter\napplication = ProtocolTypeRouter({})\n"


def test_startprojects_entry_points_are_right(check_rule: CheckRule) -> None:
    """As Django writes them."""
    assert check_rule("BRG016", middleware=[], entry_points={"asgi.py": RIGHT, "wsgi.py": RIGHT_WSGI}) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("asgi.py", RIGHT_WSGI, "asgi.py serves get_wsgi_application()"),
        ("wsgi.py", RIGHT, "wsgi.py serves get_asgi_application()"),
        (
            "asgi.py",
            RIGHT.replace("from django.core.asgi import get_asgi_application", ""),
            "get_asgi_application is not defined here",
        ),
        (
            "asgi.py",
            "from asgiref.wsgi import WsgiToAsgi\nfrom x import app\napplication = WsgiToAsgi(app)\n",
            "runs every request of the process in one thread",
        ),
        (
            "asgi.py",
            "import a2wsgi\nfrom x import app\napplication = a2wsgi.WSGIMiddleware(app)\n",
            "a2wsgi.WSGIMiddleware crosses to a thread",
        ),
        (
            "wsgi.py",
            "from a2wsgi import ASGIMiddleware\nfrom x import app\napplication = ASGIMiddleware(app)\n",
            "never ends its event loop",
        ),
        (
            "asgi.py",
            RIGHT.replace("application = get", "application = WsgiToAsgi(get").replace("ion()", "ion())")
            + "from asgiref.wsgi import WsgiToAsgi\n",
            "wraps what is an ASGI application already",
        ),
        (
            "asgi.py",
            RIGHT.replace("application()", "application"),
            "application is get_asgi_application itself",
        ),
        (
            "wsgi.py",
            RIGHT_WSGI.replace("application()", "application"),
            "application is get_wsgi_application",
        ),
        (
            "asgi.py",
            STATIC
            + RIGHT.replace("= get_asgi_application()", "= StaticFilesHandler(get_asgi_application())"),
            "StaticFilesHandler speaks WSGI and wraps an ASGI application",
        ),
        (
            "wsgi.py",
            STATIC
            + RIGHT_WSGI.replace(
                "= get_wsgi_application()", "= ASGIStaticFilesHandler(get_wsgi_application())"
            ),
            "ASGIStaticFilesHandler speaks ASGI and wraps a WSGI application",
        ),
        (
            "asgi.py",
            STATIC
            + "class Served(StaticFilesHandler):\n    pass\n"
            + RIGHT.replace("= get_asgi_application()", "= Served(get_asgi_application())"),
            "StaticFilesHandler speaks WSGI and wraps an ASGI application",
        ),
        ("asgi.py", RIGHT + ROUTER.format('{"websocket": None}'), 'ProtocolTypeRouter has no "http"'),
        ("asgi.py", RIGHT + ROUTER.format("{}"), 'ProtocolTypeRouter has no "http"'),
        (
            "asgi.py",
            RIGHT + ROUTER.format('{"http": get_asgi_application}'),
            'ProtocolTypeRouter has get_asgi_application itself under "http"',
        ),
        (
            "asgi.py",
            RIGHT
            + "from django.core.wsgi import get_wsgi_application\n"
            + ROUTER.format('{"http": get_wsgi_application()}'),
            'ProtocolTypeRouter has a WSGI application under "http"',
        ),
        (
            "asgi.py",
            RIGHT
            + "from channels.routing import ProtocolTypeRouter\nclass Router(ProtocolTypeRouter):\n    pass\napplication = Router({})\n",
            'ProtocolTypeRouter has no "http"',
        ),
        (
            "asgi.py",
            RIGHT
            + "from channels.routing import URLRouter\nfrom django.urls import path\nfrom shop.consumers import Chat\n"
            + 'sockets = URLRouter([path("ws/", Chat), path("ok/", Chat.as_asgi())])\n',
            "URLRouter is given the class Chat, not what its as_asgi() returns",
        ),
    ],
)
def test_each_mistake_is_named(check_rule: CheckRule, name: str, text: str, said: str) -> None:
    """One finding, and the right one."""
    (finding,) = check_rule("BRG016", middleware=[], entry_points={name: text})
    assert said in finding.message


def test_the_replacement_of_an_adapter_is_given_as_a_line(check_rule: CheckRule) -> None:
    """With the application that it wraps."""
    text = "from a2wsgi import WSGIMiddleware\nfrom x import app\napplication = WSGIMiddleware(app)\n"
    (finding,) = check_rule("BRG016", middleware=[], entry_points={"asgi.py": text})
    assert finding.fix == "from bridgekit import WSGIToASGI  # then WSGIToASGI(app)"


def test_a_settings_module_that_only_the_other_sets_is_found(check_rule: CheckRule) -> None:
    """Where none sets it, the environment is meant to, and nothing is said."""
    bare = RIGHT.replace('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")', "")
    (finding,) = check_rule("BRG016", middleware=[], entry_points={"asgi.py": bare, "wsgi.py": RIGHT_WSGI})
    assert (finding.subject, finding.location.line) == ("DJANGO_SETTINGS_MODULE", 5)
    assert check_rule("BRG016", middleware=[], entry_points={"asgi.py": bare}) == []
    helped = bare.replace("import os", "from shop import prepare")
    assert check_rule("BRG016", middleware=[], entry_points={"asgi.py": helped, "wsgi.py": RIGHT_WSGI}) == []


def test_a_wrapped_wsgi_application_is_not_wrapped_twice(check_rule: CheckRule) -> None:
    """get_wsgi_application() under an adapter is what adapters are for, weak as this one is."""
    text = (
        RIGHT_WSGI.replace("application = get", "application = WSGIToASGI(get").replace("ion()", "ion())")
        + "from bridgekit import WSGIToASGI\n"
    )
    assert check_rule("BRG016", middleware=[], entry_points={"asgi.py": text}) == []


@pytest.mark.parametrize(
    "text",
    [
        STATIC
        + RIGHT.replace("= get_asgi_application()", "= ASGIStaticFilesHandler(get_asgi_application())"),
        RIGHT + ROUTER.format('{"http": get_asgi_application()}'),
        RIGHT + "from shop.routing import routes\n" + ROUTER.format("routes"),
        RIGHT + "from shop.routing import more\n" + ROUTER.format("{**more}"),
        RIGHT + ROUTER.format("{'http': application}"),
    ],
)
def test_what_a_wrapper_can_serve_is_not_blamed(check_rule: CheckRule, text: str) -> None:
    """Nor what is made elsewhere, and may have what is missing here."""
    assert check_rule("BRG016", middleware=[], entry_points={"asgi.py": text}) == []
