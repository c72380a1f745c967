from . import web
from .web import MIDDLEWARE, TESTING

__all__ = ["SECURE"]

SECURE = True
if not TESTING:
    MIDDLEWARE.insert(0, "django.middleware.security.SecurityMiddleware")
web.GRAPHENE["MIDDLEWARE"].append("decoy.Second")
