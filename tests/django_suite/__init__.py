"""Django's own test suite, fetched when it is run, with bridgekit's handlers in the place of Django's."""

from __future__ import annotations
