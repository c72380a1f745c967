"""ASGI applications on WSGI servers: from `environ` to scope, and the messages back into a response."""
