"""The peers' own tests, fetched when they are run, against bridgekit."""

from __future__ import annotations
