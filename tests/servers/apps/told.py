"""Applications of many kinds below one server, each by the first segment of the path, and what each was told of its request.

The answer is the strings of the environ, as they reached the adapter's application, and the length of the body as the
framework itself gives it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import bottle
import django
import falcon
import flask
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from bridgekit import WSGIToASGI
from bridgekit.typing import Environ, Receive, Scope, Send, StartResponse

settings.configure(
    SECRET_KEY="only for tests", DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[]
)
django.setup()

VOLATILE = ("REMOTE_PORT", "SERVER_PORT", "HTTP_HOST")
"""What is another's business in each request or server."""

TOLD = "told.environ"


def answer(environ: Environ, body: bytes) -> str:
    return json.dumps({"environ": environ[TOLD], "read": len(body), "crc": zlib.crc32(body)})


def keeping(app: Callable[..., Any]) -> Callable[..., Any]:
    """Note the environ before anything below changes it."""

    def outermost(environ: Environ, start_response: StartResponse) -> Any:
        environ[TOLD] = {
            key: value
            for key, value in sorted(environ.items())
            if isinstance(value, str | bool) and key not in VOLATILE
        }
        return app(environ, start_response)

    return outermost


def django_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(answer(request.META, request.body), content_type="application/json")


urlpatterns = [path("", django_view)]
django_app = get_wsgi_application()

flask_app = flask.Flask(__name__)


@flask_app.route("/", methods=["POST"])
def flask_view() -> str:
    return answer(flask.request.environ, flask.request.get_data())


bottle_app = bottle.Bottle()


@bottle_app.post("/")  # type: ignore[untyped-decorator]  # Bottle has no types
def bottle_view() -> str:
    return answer(bottle.request.environ, bottle.request.body.read())


class FalconResource:
    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        response.text = answer(request.env, request.bounded_stream.read())


falcon_app = falcon.App()
falcon_app.add_route("/", FalconResource())


def plain(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """What PEP 3333 allows an application to rely on: so many bytes as CONTENT_LENGTH says."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [answer(environ, body).encode()]


APPS: dict[str, Any] = {
    "django": django_app,
    "proxy-fix": ProxyFix(django_app),
    "whitenoise": WhiteNoise(django_app),
    "flask": flask_app,
    "bottle": bottle_app,
    "falcon": falcon_app,
    "plain": plain,
}

adapters = {name: WSGIToASGI(keeping(wsgi)) for name, wsgi in APPS.items()}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        await adapters["plain"](scope, receive, send)
        return
    await adapters[scope["path"].strip("/")]({**scope, "path": "/", "raw_path": b"/"}, receive, send)
