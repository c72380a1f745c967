"""Django, ready before the tests of a folder are imported."""

from __future__ import annotations

import importlib.util


def left_out_without_django() -> list[str]:
    """Make Django ready; where it is not installed, the patterns of the tests to leave out (``collect_ignore_glob``)."""
    if importlib.util.find_spec("django") is None:
        return ["test_*.py"]
    import django
    from django.apps import apps
    from django.conf import settings

    # Other tests of the same run may have come first: what these need is in their fixtures.
    if not settings.configured:
        settings.configure(SECRET_KEY="for tests")
    if not apps.ready:
        django.setup()
    return []
