from . import web
from .web import MIDDLEWARE, TESTING


SECURE = True
if not TESTING:
    MIDDLEWARE.insert(0, "django.middleware.security.SecurityMiddleware")
web.GRAPHENE["MIDDLEWARE"].append("decoy.Second")
