"""Tests of the handlers in the place of Django's."""

from __future__ import annotations
