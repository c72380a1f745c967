from .base import *
from .base import MIDDLEWARE as base

MIDDLEWARE = list(base)
MIDDLEWARE.insert(MIDDLEWARE.index("django.middleware.common.CommonMiddleware") + 1, "shop.middleware.Toolbar")

try:
    from .local import *
except ImportError:
    pass

try:
    import json as toolbar
except ImportError:
    toolbar = None
else:
    MIDDLEWARE += ["shop.middleware.Json"]
