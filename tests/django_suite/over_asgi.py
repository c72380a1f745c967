"""An ASGI handler behind Django's synchronous test client: what a project's tests ask is answered as on an ASGI server.

Part of `suite_shim`. The handler runs on `ASGIToWSGI`'s event loop and in its own threads. What the test's thread has is found there, too: its
connections to databases, as `LiveServerTestCase` lends them, and its context (language, time zone).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from through_adapters import as_sent

from bridgekit import ASGIToWSGI


def around(client_handler: type, asgi_handler: type, meet: Callable[[], None]) -> type:
    """`django.test.client.ClientHandler` that has ``asgi_handler`` answer."""
    lend_connections()
    served = served_by(asgi_handler)

    def load_middleware(self: Any, is_async: bool = False) -> None:
        # The handler loads its chain when it is made, as on a server. The loop's thread is shared, and ends with the process.
        self._middleware_chain = ASGIToWSGI(served(), lifespan="off", wait_for_background=True)

    def call(self: Any, environ: dict[str, Any]) -> Any:
        from django.test.client import conditional_content_removal

        if self._middleware_chain is None:
            self.load_middleware()
        meet()
        made: list[Any] = []
        sent: list[Any] = []
        request = {**environ, "tests.made": made, "tests.client": self}

        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            sent.extend((status, headers))

        with connections_left_alone():
            body = b"".join(self._middleware_chain(request, start))
        asked, response = made
        response = as_sent(response, sent[0], sent[1], body)
        response.wsgi_request = response.asgi_request = asked
        conditional_content_removal(asked, response)
        return response

    def get_response(self: Any, request: Any) -> None:
        """Clients of other packages note something on the request here, and call this."""

    members = {"load_middleware": load_middleware, "__call__": call, "get_response": get_response}
    return type(client_handler.__name__, (client_handler,), members)


def served_by(asgi_handler: Any) -> type:
    """``asgi_handler`` that shows the client its request and response."""

    class Served(asgi_handler):
        def create_request(self, scope: Any, body_file: Any) -> Any:
            request, error_response = super().create_request(scope, body_file)
            environ = scope["wsgi_environ"]
            if request is not None:
                client = environ["tests.client"]
                request._dont_enforce_csrf_checks = not client.enforce_csrf_checks
                client.get_response(request)
            else:
                environ["tests.made"][:] = [request, error_response]
            return request, error_response

        async def get_response_async(self, request: Any) -> Any:
            response = await super().get_response_async(request)
            request.scope["wsgi_environ"]["tests.made"][:] = [request, response]
            return response

    return Served


@contextmanager
def connections_left_alone() -> Iterator[None]:
    """Nobody looks at the test's connections when a request begins and ends, as Django's client has it."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def lend_connections() -> None:
    """Whichever thread asks for a connection has the one of the main thread, where the tests run."""
    import threading

    from django.db import connections
    from django.db.utils import ConnectionHandler

    main = threading.main_thread()
    own = ConnectionHandler.create_connection
    theirs: dict[str, Any] = {}

    def create_connection(self: Any, alias: str) -> Any:
        if self is not connections:
            return own(self, alias)
        if threading.current_thread() is main:
            theirs[alias] = own(self, alias)
            theirs[
                alias
            ].inc_thread_sharing()  # never given back: a thread of the handler ends with the process
        return theirs.get(alias) or own(self, alias)

    setattr(ConnectionHandler, "create_connection", create_connection)  # noqa: B010
