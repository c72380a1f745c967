"""Applications that do not know `wsgi.input_terminated` are recognized by their classes."""

from __future__ import annotations

from wsgiref.simple_server import demo_app

import pytest

from bridgekit.adapters import wsgi_to_asgi


def instance_of(module: str) -> object:
    """An application of a class that says it is defined in `module`, called as the standard library's."""
    return type("App", (), {"__module__": module, "__call__": staticmethod(demo_app)})()


@pytest.mark.parametrize(
    ("module", "needs"),
    [
        ("django.core.handlers.wsgi", True),
        ("bottle", True),
        ("carrier.vendor.bottle", True),
        ("flask.app", False),
        ("djangoesque.app", False),
        ("shop.bottle_tools", False),
    ],
)
def test_a_class_tells_by_its_module(module: str, needs: bool) -> None:
    app = instance_of(module)
    assert wsgi_to_asgi._needs_content_length(app) is needs  # type: ignore[arg-type]  # a callable of that shape
    heir = type("Heir", (type(app),), {"__module__": "shop"})()
    assert wsgi_to_asgi._needs_content_length(heir) is needs


def test_a_function_needs_none() -> None:
    assert not wsgi_to_asgi._needs_content_length(demo_app)
