from .web import *
from .security import *
from .caches import *

MIDDLEWARE.append("shop.middleware.Last")
