"""A Flask application with a form, a session, a stream, a file and an error page."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator

import flask

from bridgekit import WSGIToASGI
from tests.helpers.loosely import loosely

wsgi = flask.Flask(__name__)
wsgi.secret_key = "only for tests"


@wsgi.get("/hello/<name>")
def hello(name: str) -> str:
    return f"hello {name}"


@wsgi.post("/login")
def login() -> flask.typing.ResponseReturnValue:
    flask.session["user"] = flask.request.form["user"]
    return flask.redirect("/whoami")


@wsgi.get("/whoami")
def whoami() -> str:
    return f"you are {flask.session['user']}"


@wsgi.post("/files")
def files() -> dict[str, object]:
    file = flask.request.files["file"]
    return {"name": file.filename, "digest": hashlib.sha256(file.stream.read()).hexdigest()}


@wsgi.post("/raw")
def raw() -> dict[str, object]:
    """Flask reads a chunked body only where `wsgi.input_terminated` is set."""
    return {"length": len(flask.request.get_data())}


@wsgi.get("/stream")
def stream() -> flask.Response:
    @flask.stream_with_context
    def lines() -> Iterator[str]:
        for number in range(200):
            yield f"{number} {flask.request.args['tag']}\n"

    return flask.Response(loosely(lines)(), mimetype="text/plain")


@wsgi.get("/file")
def file() -> flask.Response:
    return flask.send_file(os.environ["PROBE_FILE"], conditional=True)


turns: asyncio.Queue[int] = asyncio.Queue()
"""As a client's pool of connections is: bound to the loop on which somebody has waited for it."""


@wsgi.get("/turn")
async def turn() -> str:
    async def own_turn() -> int:
        return await turns.get()

    waiting = asyncio.ensure_future(own_turn())
    await asyncio.sleep(0)
    await turns.put(1)
    return f"turn {await waiting}"


@wsgi.get("/fail")
def fail() -> str:
    raise LookupError("the view failed")


@wsgi.errorhandler(LookupError)
def error_page(error: LookupError) -> tuple[str, int]:
    return f"sorry: {error}", 503


app = WSGIToASGI(wsgi)
