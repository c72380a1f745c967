import os

from .base import *

try:
    SECRET_KEY = os.environ["SECRET_KEY"]
except KeyError:
    SECRET_KEY = "fallback"

ENV = os.environ.get("ENV", "staging")

match ENV:
    case "staging":
        MIDDLEWARE = [*MIDDLEWARE, "shop.middleware.Staging"]
    case "production" | "live":
        MIDDLEWARE = [m for m in MIDDLEWARE if not m.endswith("GZipMiddleware")]
    case _:
        MIDDLEWARE = list(MIDDLEWARE)
