"""A Flask application from before the move to ASGI."""

from __future__ import annotations

from flask import Flask, request, url_for

legacy = Flask(__name__)


@legacy.get("/")
def front():
    return {"script": request.script_root, "path": request.path, "order": url_for("order", number=7)}


@legacy.get("/orders/<int:number>")
def order(number):
    return {"script": request.script_root, "path": request.path, "number": number}
