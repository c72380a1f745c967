"""A pure model of Django's middleware chain: facts in; modes, crossings, hops and held threads out."""

from __future__ import annotations
