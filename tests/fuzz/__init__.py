"""What is made of bytes without sense: compared with the standard library, with peers and with Django."""

from __future__ import annotations
