"""Cross between WSGI and ASGI correctly, and see what crossing costs.

Importing this package loads neither Django nor the checker.
"""

from __future__ import annotations

__all__: list[str] = []
