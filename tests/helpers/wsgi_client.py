"""A WSGI server for tests, without sockets: one request at a time, everything checked by `wsgiref.validate`."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from bridgekit.typing import WSGIApp


def environ_of(method: str = "GET", path: str = "/", body: bytes = b"", **extra: Any) -> dict[str, Any]:
    """An environ as a server makes it; values of ``None`` in ``extra`` take keys out."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
    }
    setup_testing_defaults(environ)
    environ["SERVER_PROTOCOL"] = "HTTP/1.1"
    environ["wsgi.input"] = io.BytesIO(body)
    environ["wsgi.errors"] = io.StringIO()
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["CONTENT_TYPE"] = "application/octet-stream"
    environ.update(extra)
    return {key: value for key, value in environ.items() if value is not None}


@dataclass
class Answer:
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    exc_info: Any = None

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Exchange:
    """One request, step by step: the response starts on entering and is closed on leaving."""

    app: WSGIApp
    environ: dict[str, Any]
    validate: bool = True
    status: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    exc_info: Any = None

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self.status, self.headers, self.exc_info = status, headers, exc_info
        return lambda data: None

    def __enter__(self) -> Exchange:
        app = validator(self.app) if self.validate else self.app
        self.iterable = app(self.environ, self._start_response)
        self.pieces = iter(self.iterable)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        close = getattr(self.iterable, "close", None)
        if close is not None:
            close()

    def answer(self) -> Answer:
        return Answer(self.status, self.headers, b"".join(self.pieces), self.exc_info)


def get(app: WSGIApp, path: str = "/", *, validate: bool = True, **extra: Any) -> Answer:
    """The whole answer to a GET."""
    with Exchange(app, environ_of("GET", path, **extra), validate) as exchange:
        return exchange.answer()


def post(app: WSGIApp, body: bytes, path: str = "/", *, validate: bool = True, **extra: Any) -> Answer:
    """The whole answer to a POST."""
    with Exchange(app, environ_of("POST", path, body, **extra), validate) as exchange:
        return exchange.answer()
