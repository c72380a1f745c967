import functools
import itertools
import os
from collections import OrderedDict
from contextlib import suppress
from copy import deepcopy

SECRET_KEY = "insecure"
FIRST = ["shop.middleware.First"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
LAST = ("shop.middleware.Last", "shop.middleware.First")
APPS = ["catalogue", "basket"]


def add_apps():
    global MIDDLEWARE
    for position, app in enumerate(APPS):
        if position and os.environ.get("ONE_APP"):
            break
        MIDDLEWARE = MIDDLEWARE + [f"{app}.middleware.{app.title()}"]


def once(items):
    return list(OrderedDict.fromkeys(items))


before = deepcopy(MIDDLEWARE)
add_apps()
with suppress(ValueError):
    before.remove("not there")
    MIDDLEWARE.append("never")
if (count := len(MIDDLEWARE)) > 2:
    LAST += ("shop.middleware.Count%d" % count,)
MIDDLEWARE = once(itertools.chain(FIRST, MIDDLEWARE, LAST))
MIDDLEWARE = functools.reduce(lambda stack, name: [*stack, name], MIDDLEWARE, [])
