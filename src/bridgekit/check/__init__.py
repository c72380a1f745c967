"""`bridgekit check`: what async costs a Django project, read from its source and nothing imported."""

from __future__ import annotations
