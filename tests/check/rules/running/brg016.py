"""BRG016: entry points: what they import before Django is set up, what they put around its application, and how."""

from __future__ import annotations

import re

COMMON = {
    "manage.py": "",
    "site1/__init__.py": "",
    "site1/settings.py": 'SECRET_KEY = "s"\nALLOWED_HOSTS = ["*"]\nROOT_URLCONF = "site1.urls"\nMIDDLEWARE = []\n'
    'INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]\nSTATIC_URL = "/static/"\n'
    'ASGI_APPLICATION = "live.routing.application"\n',
    "site1/urls.py": "urlpatterns = []\n",
    "live/__init__.py": "",
    "live/models.py": "from django.db import models\n\n\nclass Note(models.Model):\n    pass\n",
    "live/consumers.py": "from .models import Note\n",
    "live/users.py": "from django.contrib.auth import get_user_model\n\nUser = get_user_model()\n",
    "live/late.py": "def consumers():\n    from . import consumers\n\n    return consumers\n",
    "live/routing.py": "from django.core.asgi import get_asgi_application\nfrom live import consumers\n\npatterns = []\n"
    "application = get_asgi_application()\n",
    "live/patterns.py": "from . import consumers\n\npatterns = []\n",
    "live/plain.py": "from django.http import HttpResponse\n\nvalue = 1\n\n\ndef wrap(app):\n    return app\n",
    "live/wrappers.py": "from django.contrib.staticfiles.handlers import StaticFilesHandler\n\n\ndef serve(app):\n    return StaticFilesHandler(app)\n",
    "live/bootstrap.py": "import django\n\ndjango.setup()\n",
    "live/base.py": "import django.db.models\n\n\nclass Base(django.db.models.Model):\n    class Meta:\n        abstract = True\n",
}
HEAD = "import os\nfrom django.core.asgi import get_asgi_application\n"
SET = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")\n'
MADE = "application = get_asgi_application()\n"
STATIC = "from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler\n"
NOISE = "from whitenoise import WhiteNoise\n"
ROUTER = "from channels.routing import ProtocolTypeRouter\n"
START = HEAD + SET
RUNNER = "entry_runner.py"

BROKEN = {
    "models early": START + "from live import models\n" + MADE,
    "models early, by name": START + "from live.models import Note\n" + MADE,
    "models early, in try": START + "try:\n    from live.models import Note\nfinally:\n    pass\n" + MADE,
    "models early, under a condition": START + "if True:\n    import live.models\n" + MADE,
    "consumers early": START + "import live.consumers as consumers\n" + MADE,
    "patterns early": START + "from live.patterns import patterns\n" + MADE,
    "three modules away": START
    + "from site1.ws import ws\n"
    + MADE
    + "# file: site1/ws.py\nfrom live.patterns import patterns as ws\n",
    "the user's model early": START
    + "from django.contrib.auth import get_user_model\nUser = get_user_model()\n"
    + MADE,
    "the user's model in a module": START + "from live import users\n" + MADE,
    "Django's models early": START + "from django.contrib.auth.models import User\n" + MADE,
    "an abstract model early": START + "from live.base import Base\n" + MADE,
    "early in a function that is called": START
    + "def load():\n    from live import models\n    return models\nload()\n"
    + MADE,
    "early in a module's function": START + "from live.late import consumers\nconsumers()\n" + MADE,
    "early by import_module": "import importlib\n"
    + START
    + 'routing = importlib.import_module("live.patterns")\n'
    + MADE,
    "early in a class body": START + "class Site:\n    from live.models import Note\n" + MADE,
    "settings named after": HEAD + MADE + SET,
    "settings named after, by item": HEAD
    + MADE
    + 'os.environ["DJANGO_SETTINGS_MODULE"] = "site1.settings"\n',
    "settings named after, in a function": HEAD + "def name():\n    " + SET + MADE + "name()\n",
    "made in a function, before": HEAD
    + "def make():\n    return get_asgi_application()\napplication = make()\n"
    + SET,
    "setup before the settings": "import django, os\ndjango.setup()\n" + HEAD + SET + MADE,
    "static files by WSGI": START + STATIC + "application = StaticFilesHandler(get_asgi_application())\n",
    "static files by WSGI, by names": START
    + STATIC
    + "inner = get_asgi_application()\nouter = StaticFilesHandler\napplication = outer(inner)\n",
    "static files by WSGI, bound again": START
    + STATIC
    + MADE
    + "application = StaticFilesHandler(application)\n",
    "static files by WSGI, by an alias": START
    + "from django.contrib.staticfiles import handlers as h\napplication = h.StaticFilesHandler(get_asgi_application())\n",
    "static files by WSGI, by a function": START
    + STATIC
    + "def wrap(app):\n    return StaticFilesHandler(app)\napplication = wrap(get_asgi_application())\n",
    "static files by WSGI, by a module": START
    + "from live.wrappers import serve\napplication = serve(get_asgi_application())\n",
    "static files by WSGI, under a condition": START
    + STATIC
    + MADE
    + "if application:\n    application = StaticFilesHandler(application)\n",
    "WhiteNoise": START + NOISE + "application = WhiteNoise(get_asgi_application())\n",
    "WhiteNoise, by keyword": START
    + NOISE
    + "application = WhiteNoise(application=get_asgi_application())\n",
    "WhiteNoise, with a root": START
    + NOISE
    + MADE
    + 'application = WhiteNoise(application, root="/nowhere")\n',
    "a subclass of WhiteNoise": START
    + NOISE
    + "class Files(WhiteNoise):\n    pass\napplication = Files(get_asgi_application())\n",
    "ASGI files around WSGI": START.replace("asgi", "wsgi")
    + STATIC
    + "application = ASGIStaticFilesHandler(get_wsgi_application())\n",
    "WSGI served": START.replace("asgi", "wsgi") + "application = get_wsgi_application()\n",
    "WSGI served, by a name": START.replace("asgi", "wsgi")
    + "made = get_wsgi_application()\napplication = made\n",
    "WSGI served, by a function": START.replace("asgi", "wsgi")
    + "def make():\n    return get_wsgi_application()\napplication = make()\n",
    "WSGI served under http": START.replace("asgi", "wsgi")
    + ROUTER
    + 'application = ProtocolTypeRouter({"http": get_wsgi_application()})\n',
    "a router without http": START
    + ROUTER
    + MADE
    + 'application = ProtocolTypeRouter({"websocket": application})\n',
    "a router of a name without http": START
    + ROUTER
    + MADE
    + 'routes = {"websocket": application}\napplication = ProtocolTypeRouter(routes)\n',
    "a router of dict() without http": START
    + ROUTER
    + MADE
    + "application = ProtocolTypeRouter(dict(websocket=application))\n",
    "a router made in a function": START
    + ROUTER
    + 'def make():\n    return ProtocolTypeRouter({"websocket": get_asgi_application()})\napplication = make()\n',
    "an uncalled http": START + ROUTER + 'application = ProtocolTypeRouter({"http": get_asgi_application})\n',
    "an uncalled http, by a name": START
    + ROUTER
    + 'make = get_asgi_application\nmake()\napplication = ProtocolTypeRouter({"http": make})\n',
    "an uncalled http, by keyword": START
    + ROUTER
    + "get_asgi_application()\napplication = ProtocolTypeRouter(dict(http=get_asgi_application))\n",
    "a router of an empty dictionary": START + ROUTER + MADE + "application = ProtocolTypeRouter({})\n",
    "default application without setup": "import os\n"
    + SET
    + "from channels.routing import get_default_application\napplication = get_default_application()\n# file: live/routing.py\nfrom live import consumers\napplication = None\n",
    "default application, setup after": "import django, os\n"
    + SET
    + "from channels.routing import get_default_application\napplication = get_default_application()\ndjango.setup()\n# file: live/routing.py\nfrom live import consumers\napplication = None\n",
}
RIGHT = {
    "as startproject has it": START + MADE,
    "imports below": START + MADE + "from live.patterns import patterns\n",
    "imports in a function": START + "def later():\n    from live import models\n" + MADE,
    "imports in a function that is called later": START
    + "from live.late import consumers\n"
    + MADE
    + "consumers()\n",
    "imports a plain module": START + "from live import plain\n" + MADE,
    "imports for types": "from typing import TYPE_CHECKING\n"
    + START
    + "if TYPE_CHECKING:\n    from live.models import Note\n"
    + MADE,
    "set up by hand": "import os\n"
    + SET
    + "import django\ndjango.setup()\nfrom live.patterns import patterns\nfrom django.core.asgi import get_asgi_application\n"
    + MADE,
    "set up by a module": START + "from live import bootstrap\nfrom live import consumers\n" + MADE,
    "set up by a function": "import django\n"
    + START
    + "def prepare():\n    django.setup()\nprepare()\nfrom live import consumers\n"
    + MADE,
    "named by item": HEAD + 'os.environ["DJANGO_SETTINGS_MODULE"] = "site1.settings"\n' + MADE,
    "named by a function": HEAD + "def name():\n    " + SET + "name()\n" + MADE,
    "named by another module": "import site1.env\n"
    + HEAD
    + MADE
    + "# file: site1/env.py\nimport os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'site1.settings'\n",
    "named twice": START + MADE + 'os.environ["DJANGO_SETTINGS_MODULE"] = "site1.settings"\n',
    "made in a function": START + "def make():\n    return get_asgi_application()\napplication = make()\n",
    "ASGI static files": START + STATIC + "application = ASGIStaticFilesHandler(get_asgi_application())\n",
    "ASGI static files, in steps": START
    + STATIC
    + MADE
    + "application = ASGIStaticFilesHandler(application)\n",
    "ASGI static files, by a function": START
    + STATIC
    + "def wrap(app):\n    return ASGIStaticFilesHandler(app)\napplication = wrap(get_asgi_application())\n",
    "a wrapper of its own": START
    + "class Wrap:\n    def __init__(self, app):\n        self.app = app\n    async def __call__(self, scope, receive, send):\n        await self.app(scope, receive, send)\napplication = Wrap(get_asgi_application())\n",
    "a function of a plain module": START
    + "from live.plain import wrap\napplication = wrap(get_asgi_application())\n",
    "an async function around it": START
    + "django_app = get_asgi_application()\nasync def application(scope, receive, send):\n    await django_app(scope, receive, send)\n",
    "a router": START + ROUTER + 'application = ProtocolTypeRouter({"http": get_asgi_application()})\n',
    "a router of a name": START
    + ROUTER
    + 'django_app = get_asgi_application()\nroutes = {"http": django_app}\napplication = ProtocolTypeRouter(routes)\n',
    "a router of dict()": START
    + ROUTER
    + "application = ProtocolTypeRouter(dict(http=get_asgi_application()))\n",
    "a router that is filled": START
    + ROUTER
    + 'routes = {}\nroutes["http"] = get_asgi_application()\napplication = ProtocolTypeRouter(routes)\n',
    "a router that is filled by update": START
    + ROUTER
    + 'routes = {"websocket": None}\nroutes.update(http=get_asgi_application())\napplication = ProtocolTypeRouter(routes)\n',
    "a router of two dictionaries": START
    + ROUTER
    + 'routes = {"websocket": None}\napplication = ProtocolTypeRouter({**routes, "http": get_asgi_application()})\n',
    "a router, filled afterwards": START
    + ROUTER
    + 'application = ProtocolTypeRouter({"websocket": None})\napplication.application_mapping["http"] = get_asgi_application()\n',
    "default application after setup": "import django, os\n"
    + SET
    + "django.setup()\nfrom channels.routing import get_default_application\napplication = get_default_application()\n",
    "WSGI beside it": START
    + MADE
    + "# file: site1/wsgi.py\nimport os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\napplication = get_wsgi_application()\n",
    "a WSGI wrapper around WSGI": START
    + MADE
    + "# file: site1/wsgi.py\nimport os\nfrom django.core.wsgi import get_wsgi_application\nfrom django.contrib.staticfiles.handlers import StaticFilesHandler\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\napplication = StaticFilesHandler(get_wsgi_application())\n",
}


def files_of(source: str) -> dict[str, str]:
    parts = re.split(r"(?m)^# file: (\S+)\n", source)
    return {**COMMON, "site1/asgi.py": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
