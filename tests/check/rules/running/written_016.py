"""BRG016: entry points written out as projects have them."""

from __future__ import annotations

BROKEN = {
    "cookiecutter routing early": """\
import os
import sys
from pathlib import Path
from django.core.asgi import get_asgi_application
BASE = Path(__file__).resolve().parent
sys.path.append(str(BASE / 'live'))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from live.patterns import patterns  # noqa: E402
django_application = get_asgi_application()
async def application(scope, receive, send):
    await django_application(scope, receive, send)
""",
    "isort moved it": """\
import os
from django.core.asgi import get_asgi_application
from live import consumers
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
application = get_asgi_application()
""",
    "routing by a package": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
import live.patterns as routing
application = get_asgi_application()
ws = routing.patterns
""",
    "signals early": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from site1.signals import connect
connect()
application = get_asgi_application()
# file: site1/signals.py
def connect():
    from live.models import Note
    return Note
""",
    "helper class": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from site1.tools import Tool
tool = Tool()
application = get_asgi_application()
# file: site1/tools.py
class Tool:
    def __init__(self):
        from live import models
        self.model = models.Note
""",
    "try except import error": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
try:
    from live import consumers
except ImportError:
    consumers = None
application = get_asgi_application()
""",
    "whitenoise with add_files": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from whitenoise import WhiteNoise
application = get_asgi_application()
application = WhiteNoise(application, root='/x', prefix='static/')
""",
    "named too late with getenv": """\
import os
from django.core.asgi import get_asgi_application
application = get_asgi_application()
if not os.getenv('DJANGO_SETTINGS_MODULE'):
    os.environ['DJANGO_SETTINGS_MODULE'] = 'site1.settings'
""",
    "router with websocket only in a function": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from channels.routing import ProtocolTypeRouter
def get_application():
    django_app = get_asgi_application()
    return ProtocolTypeRouter({'websocket': django_app})
application = get_application()
""",
    "wsgi left over": """\
import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
_application = get_wsgi_application()
def get():
    return _application
application = get()
""",
    "uncalled in a dict variable": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from channels.routing import ProtocolTypeRouter
protocols = {'http': get_asgi_application, 'websocket': None}
get_asgi_application()
application = ProtocolTypeRouter(protocols)
""",
    "middleware class around the wsgi one": """\
import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler
application = ASGIStaticFilesHandler(get_wsgi_application())
""",
    "lambda application": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
make = lambda: get_asgi_application
application = make()
""",
    "static in debug": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler
application = get_asgi_application()
if settings.DEBUG:
    application = StaticFilesHandler(application)
# file: site1/settings.py
SECRET_KEY = "s"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site1.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]
STATIC_URL = "/static/"
ASGI_APPLICATION = "live.routing.application"
DEBUG = True
""",
    "static in debug, else branch": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler
application = get_asgi_application()
if not settings.DEBUG:
    application = ASGIStaticFilesHandler(application)
else:
    application = StaticFilesHandler(application)
# file: site1/settings.py
SECRET_KEY = "s"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site1.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]
STATIC_URL = "/static/"
ASGI_APPLICATION = "live.routing.application"
DEBUG = True
""",
    "whitenoise if setting": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from whitenoise import WhiteNoise
application = get_asgi_application()
if settings.SERVE_STATIC:
    application = WhiteNoise(application)
# file: site1/settings.py
SECRET_KEY = "s"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site1.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]
STATIC_URL = "/static/"
ASGI_APPLICATION = "live.routing.application"
SERVE_STATIC = 'yes'
""",
    "getattr setting": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from whitenoise import WhiteNoise
application = get_asgi_application()
if getattr(settings, 'USE_NOISE', False):
    application = WhiteNoise(application)
# file: site1/settings.py
SECRET_KEY = "s"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site1.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]
STATIC_URL = "/static/"
ASGI_APPLICATION = "live.routing.application"
USE_NOISE = True
""",
    "router by setting": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from channels.routing import ProtocolTypeRouter
application = get_asgi_application()
if settings.WEBSOCKETS:
    application = ProtocolTypeRouter({'websocket': application})
# file: site1/settings.py
SECRET_KEY = "s"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site1.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]
STATIC_URL = "/static/"
ASGI_APPLICATION = "live.routing.application"
WEBSOCKETS = 1
""",
    "conditional expression": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler
django_app = get_asgi_application()
application = StaticFilesHandler(django_app) if settings.DEBUG else django_app
# file: site1/settings.py
SECRET_KEY = "s"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site1.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]
STATIC_URL = "/static/"
ASGI_APPLICATION = "live.routing.application"
DEBUG = bool(1)
""",
    "function with setting": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler
def build():
    app = get_asgi_application()
    if settings.DEBUG:
        return StaticFilesHandler(app)
    return app
application = build()
# file: site1/settings.py
SECRET_KEY = "s"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site1.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]
STATIC_URL = "/static/"
ASGI_APPLICATION = "live.routing.application"
DEBUG = True
""",
    "models before, by settings": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
if 'live' in settings.INSTALLED_APPS:
    from live.models import Note
application = get_asgi_application()
""",
    "admin import early": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.contrib.auth.admin import UserAdmin
application = get_asgi_application()
""",
    "class based router": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from channels.routing import ProtocolTypeRouter
class Router(ProtocolTypeRouter):
    pass
application = Router({'websocket': get_asgi_application()})
""",
}
RIGHT = {
    "cookiecutter": """\
import os
import sys
from pathlib import Path
from django.core.asgi import get_asgi_application
BASE = Path(__file__).resolve().parent
sys.path.append(str(BASE / 'live'))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
django_application = get_asgi_application()
from live.patterns import patterns  # noqa: E402
async def application(scope, receive, send):
    if scope['type'] == 'http':
        await django_application(scope, receive, send)
    else:
        raise NotImplementedError
""",
    "router lazily": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from channels.routing import ProtocolTypeRouter
application = get_asgi_application()
def websockets():
    from live import consumers
    return consumers
application = ProtocolTypeRouter({'http': application, 'websocket': lambda scope, receive, send: None})
""",
    "environment by decouple-like helper": """\
import os
from site1.env import name
name()
from django.core.asgi import get_asgi_application
application = get_asgi_application()
# file: site1/env.py
import os
def name():
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')
""",
    "django setup then models": """\
import os
import django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
django.setup()
from live.models import Note
from django.core.asgi import get_asgi_application
application = get_asgi_application()
""",
    "lifespan wrapper": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
class Lifespan:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        if scope['type'] == 'lifespan':
            return
        await self.app(scope, receive, send)
application = Lifespan(get_asgi_application())
""",
    "whitenoise settings only": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from whitenoise import WhiteNoise
application = get_asgi_application()
static = WhiteNoise(lambda environ, start_response: [])
""",
    "static handler in debug": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler
application = get_asgi_application()
if os.environ.get('DEBUG', '1') == '1':
    application = ASGIStaticFilesHandler(application)
""",
    "type checking import": """\
from __future__ import annotations
import typing
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
if typing.TYPE_CHECKING:
    from live.models import Note
application = get_asgi_application()
""",
    "set default after an import of plain": """\
import os
from django.core.asgi import get_asgi_application
from live import plain
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
application = get_asgi_application()
""",
    "environ update": """\
import os
from django.core.asgi import get_asgi_application
os.environ.update(DJANGO_SETTINGS_MODULE='site1.settings')
application = get_asgi_application()
""",
    "static in debug off": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler
application = get_asgi_application()
if settings.DEBUG:
    application = StaticFilesHandler(application)
# file: site1/settings.py
SECRET_KEY = "s"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site1.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]
STATIC_URL = "/static/"
ASGI_APPLICATION = "live.routing.application"
DEBUG = False
""",
    "debug unset": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler
application = get_asgi_application()
if settings.DEBUG:
    application = StaticFilesHandler(application)
""",
    "getattr default": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from whitenoise import WhiteNoise
application = get_asgi_application()
if getattr(settings, 'USE_NOISE', False):
    application = WhiteNoise(application)
""",
    "router by setting": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from channels.routing import ProtocolTypeRouter
application = get_asgi_application()
if settings.WEBSOCKETS:
    application = ProtocolTypeRouter({'http': application, 'websocket': None})
# file: site1/settings.py
SECRET_KEY = "s"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site1.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]
STATIC_URL = "/static/"
ASGI_APPLICATION = "live.routing.application"
WEBSOCKETS = 1
""",
    "models after, by settings": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
application = get_asgi_application()
if 'live' in settings.INSTALLED_APPS:
    from live.models import Note
""",
    "setting unknown": """\
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.conf import settings
from whitenoise import WhiteNoise
application = get_asgi_application()
if settings.NOISE:
    application = WhiteNoise(application)
# file: site1/settings.py
SECRET_KEY = "s"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site1.urls"
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]
STATIC_URL = "/static/"
ASGI_APPLICATION = "live.routing.application"
import os
NOISE = bool(os.environ.get('NOISE'))
""",
}
