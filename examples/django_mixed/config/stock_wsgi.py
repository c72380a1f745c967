"""What wsgi.py was before: Django's own handler, for comparison."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.stock")

from django.core.wsgi import get_wsgi_application  # the settings come first

from config.wsgi import beside

application = beside(get_wsgi_application())
