"""startproject's seven middleware plus one of a package, each in a project and a process of its own."""

from __future__ import annotations
