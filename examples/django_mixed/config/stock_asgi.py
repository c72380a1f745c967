"""What asgi.py was before: Django's own handler, for comparison."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.stock")

from django.core.asgi import get_asgi_application  # the settings come first

from config.asgi import beside

application = beside(get_asgi_application())
