"""WSGI applications on ASGI servers: from scope to `environ`, and the response back into messages."""
