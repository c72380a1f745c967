"""Makes Django ready before the tests here are imported; without Django they are left out."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

collect_ignore_glob: list[str] = []

if importlib.util.find_spec("django") is None:
    collect_ignore_glob.append("test_*.py")
else:
    import django
    from django.apps import apps
    from django.conf import settings

    # Other tests of the same run may have come first: what these need is in their fixtures.
    if not settings.configured:
        settings.configure(SECRET_KEY="for tests")
    if not apps.ready:
        django.setup()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own on disk, for the system checks."""
    from tests.django.checked_project import write_project

    return write_project(tmp_path)
