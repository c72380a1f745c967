"""BRG024: queries in ready()."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.async_views.checking import findings

pytest.importorskip("django")

VIEW = "async def a(request):\n    return HttpResponse('a')\n"
APP = "# file: settings.py\nINSTALLED_APPS += ['PACKAGE.apps.Config']\n# file: apps.py\nfrom django.apps import AppConfig\n"
IMPORT = "from django.contrib.auth.models import Group, User"


def ready(*lines: str, above: str = "", below: str = "", models: bool = True) -> str:
    """A project with an application whose ready() has these lines."""
    body = "".join(f"        {line}\n" for line in ((IMPORT, *lines) if models else lines))
    return f"{VIEW}{APP}{above}class Config(AppConfig):\n    name = 'PACKAGE'\n    def ready(self):\n{body}{below}"


HELPER = "# file: loading.py\ndef load():\n    from django.contrib.auth.models import User\n    return list(User.objects.all())\n"

BROKEN = {
    "list": ready("self.users = list(User.objects.all())"),
    "comprehension": ready("self.names = [user.username for user in User.objects.all()]"),
    "count": ready("self.count = User.objects.count()"),
    "first": ready("self.first = User.objects.order_by('pk').first()"),
    "exists": ready("if User.objects.exists():", "    pass"),
    "loop": ready("for user in User.objects.all():", "    pass"),
    "set by a name": ready("users = User.objects.filter(is_staff=True)", "self.users = list(users)"),
    "create": ready("Group.objects.get_or_create(name='one')"),
    "save": ready("group = Group(name='two')", "group.save()"),
    "update": ready("User.objects.filter(pk=0).update(is_staff=True)"),
    "delete": ready("User.objects.filter(pk=0).delete()"),
    "cursor": ready("from django.db import connection", "connection.cursor()", models=False),
    "cursor in a with": ready("from django.db import connection", "with connection.cursor() as cursor:", "    cursor.execute('select 1')", models=False),
    "atomic": ready("from django.db import transaction", "with transaction.atomic():", "    pass", models=False),
    "in a try": ready("from django.db.utils import OperationalError", "try:", "    list(User.objects.all())", "except OperationalError:", "    pass"),
    "content types": ready("from django.contrib.contenttypes.models import ContentType", "list(ContentType.objects.all())", models=False),
    "get_for_model": ready("from django.contrib.contenttypes.models import ContentType", "ContentType.objects.get_for_model(User)"),
    "method": ready("self.load()", below="    def load(self):\n        from django.contrib.auth.models import User\n        self.count = User.objects.count()\n", models=False),
    "helper": ready("load()", above="def load():\n    from django.contrib.auth.models import User\n    return User.objects.count()\n", models=False),
    "helper of another module": ready("loading.load()", above="from PACKAGE import loading\n", models=False) + HELPER,
    "helper imported in ready": ready("from PACKAGE.loading import load", "load()", models=False) + HELPER,
    "lambda": ready("load = lambda: User.objects.count()", "load()"),
    "partial": ready("import functools", "functools.partial(User.objects.count)()"),
    "object": ready("Loading().load()", above="class Loading:\n    def load(self):\n        from django.contrib.auth.models import User\n        return User.objects.count()\n", models=False),
    "inherited": ready("User.objects.count()").replace("class Config(AppConfig)", "class Base(AppConfig)") + "class Config(Base):\n    name = 'PACKAGE'\n",
    "inherited from another module": VIEW + APP.replace("from django.apps import AppConfig", "from PACKAGE.base import Base") + "class Config(Base):\n    name = 'PACKAGE'\n# file: base.py\nfrom django.apps import AppConfig\nclass Base(AppConfig):\n    def ready(self):\n        from django.contrib.auth.models import User\n        User.objects.count()\n",
    "application by its package": ready("User.objects.count()").replace("PACKAGE.apps.Config", "PACKAGE"),
}  # fmt: skip
RIGHT = {
    "guard of a caller": ready("import sys", "if 'migrate' in sys.argv:", "    load()", above="def load():\n    from django.contrib.auth.models import User\n    return User.objects.count()\n", models=False),
    "thread that queries": ready("import threading", "threading.Timer(3600, load).cancel()", above="def load():\n    from django.contrib.auth.models import User\n    return User.objects.count()\n", models=False),
    "query after return": ready("return", "User.objects.count()"),
    "query under a setting that is off": ready("if settings.DEBUG:", "    User.objects.count()", above="from django.conf import settings\n"),
    "local name of a helper": ready("load = print", "load()", above="def load():\n    from django.contrib.auth.models import User\n    return User.objects.count()\n", models=False),
    "local connection": ready("for connection in ():", "    connection.cursor()", above="from django.db import connection\n", models=False),
    "nothing": ready("pass", models=False),
    "imports": ready("self.model = User"),
    "signal": ready("from django.db.models.signals import post_save", "post_save.connect(print, sender=User)"),
    "receiver of post_migrate": ready("from django.db.models.signals import post_migrate", "post_migrate.connect(load)", above="def load(**kwargs):\n    from django.contrib.auth.models import User\n    User.objects.count()\n", models=False),
    "lazy set": ready("self.users = User.objects.filter(is_staff=True)"),
    "lazy function": ready("self.load = lambda: list(User.objects.all())"),
    "function for later": ready("self.load = load", above="def load():\n    from django.contrib.auth.models import User\n    return User.objects.count()\n", models=False),
    "nested function": ready("def load():", "    return User.objects.count()", "self.load = load"),
    "thread": ready("import threading", "threading.Thread(target=print).start()", models=False),
    "checks": ready("from django.core import checks", "checks.register(lambda **kwargs: [], 'none')", models=False),
    "settings": ready("from django.conf import settings", "self.zone = settings.TIME_ZONE", models=False),
    "method without queries": ready("self.load()", below="    def load(self):\n        self.loaded = True\n", models=False),
    "helper without queries": ready("loading.load()", above="from PACKAGE import loading\n", models=False) + "# file: loading.py\ndef load():\n    return 1\n",
    "unbound manager": ready("self.manager = User.objects"),
    "dictionary": ready("shelf = {'x': 1}", "shelf.get('x')", models=False),
    "no ready": VIEW + APP + "class Config(AppConfig):\n    name = 'PACKAGE'\n",
    "queries of another method": VIEW + APP + "class Config(AppConfig):\n    name = 'PACKAGE'\n    def ready(self):\n        pass\n    def load(self):\n        from django.contrib.auth.models import User\n        return User.objects.count()\n",
    "class that is no configuration": ready("pass", models=False) + "class Other:\n    def ready(self):\n        from django.contrib.auth.models import User\n        User.objects.count()\n",
    "receiver of requests": ready("from django.core.signals import request_started", "request_started.connect(load)", above="def load(**kwargs):\n    return 1\n", models=False),
    "handler that catches": ready("from django.core.exceptions import SynchronousOnlyOperation", "try:", "    User.objects.count()", "except SynchronousOnlyOperation:", "    pass"),
    "loop that is looked for": ready("import asyncio", "try:", "    asyncio.get_running_loop()", "except RuntimeError:", "    User.objects.count()"),
}  # fmt: skip


@pytest.mark.parametrize("title", BROKEN)
def test_a_query_in_ready_is_found(title: str, tmp_path: Path) -> None:
    """Inside a running loop, where uvicorn imports the application, each raises SynchronousOnlyOperation."""
    assert findings("BRG024", title, BROKEN[title], tmp_path)


@pytest.mark.parametrize("title", RIGHT)
def test_a_ready_without_queries_passes(title: str, tmp_path: Path) -> None:
    """Inside a running loop nothing is raised."""
    assert not findings("BRG024", title, RIGHT[title], tmp_path)
