"""A Bottle application."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import bottle

from bridgekit import WSGIToASGI

wsgi = bottle.Bottle()


@wsgi.get("/hello/<name>")
def hello(name: str) -> str:
    return f"hello {name}"


@wsgi.post("/files")
def files() -> dict[str, object]:
    uploaded = bottle.request.files["file"]
    return {"name": uploaded.raw_filename, "digest": hashlib.sha256(uploaded.file.read()).hexdigest()}


@wsgi.post("/raw")
def raw() -> dict[str, object]:
    return {"length": len(bottle.request.body.read())}


@wsgi.get("/stream")
def stream() -> Iterator[str]:
    tag = bottle.request.query.tag
    bottle.response.content_type = "text/plain"
    for number in range(200):
        yield f"{number} {tag}\n"


@wsgi.get("/file")
def file() -> bottle.HTTPResponse:
    path = Path(os.environ["PROBE_FILE"])
    return bottle.static_file(path.name, root=str(path.parent))


@wsgi.get("/fail")
def fail() -> str:
    raise LookupError("the view failed")


app = WSGIToASGI(wsgi)
