"""Cross between WSGI and ASGI correctly, and see what crossing costs.

Importing this package loads neither Django nor the checker.
"""

from __future__ import annotations

from bridgekit.adapters.asgi_to_wsgi import ASGIToWSGI
from bridgekit.adapters.wsgi_to_asgi import WSGIToASGI

__all__ = ["ASGIToWSGI", "WSGIToASGI"]
