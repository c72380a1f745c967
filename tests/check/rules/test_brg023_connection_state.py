"""BRG023: state on the connection of another thread."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.async_views.checking import findings

pytest.importorskip("django")

LAYER = "# file: settings.py\nMIDDLEWARE += ['PACKAGE.layer.Layer']\n"
IMPORTS = "# file: layer.py\nfrom asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async\nfrom django.db import connection, connections\n"
SYNC = "class Layer:\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n"
ASYNC = (
    "class Layer:\n    async_capable, sync_capable = True, False\n    def __init__(self, get_response):\n"
    "        self.get_response = get_response\n        markcoroutinefunction(self)\n    async def __call__(self, request):\n"
)
MIXIN = "from django.utils.deprecation import MiddlewareMixin\nclass Layer(MiddlewareMixin):\n    def process_request(self, request):\n"
FACTORY = "def Layer(get_response):\n    def middleware(request):\n"
GO, AWAIT = "        return self.get_response(request)\n", "        return await self.get_response(request)\n"
TOLD = "getattr(connection, 'tenant', 'lost')"
QUERY = "def asked():\n    with connection.cursor() as cursor:\n        cursor.execute('select 1')\n    return getattr(connection, 'tenant', 'lost')\n"


def reads(expression: str = TOLD, above: str = "") -> str:
    """An async view that answers with what it finds on its own connection."""
    return f"{above}async def a(request):\n    return HttpResponse({expression})\n"


def sets(line: str, above: str = "") -> str:
    """A sync layer."""
    return LAYER + IMPORTS + above + SYNC + f"        {line}\n" + GO


def sets_on_loop(line: str, above: str = "") -> str:
    """A layer that is native to the loop."""
    return LAYER + IMPORTS + above + ASYNC + f"        {line}\n" + AWAIT


#: What a query of the request finds, in the thread where queries run.
IN_THREAD = QUERY + reads("await sync_to_async(asked)()")
SET = "connection.tenant = 'here'"
WRAP = "def wrap(execute, sql, params, many, context):\n    connection.tenant = 'here'\n    return execute(sql, params, many, context)\n"

BROKEN = {
    "sync layer, view on the loop": reads() + sets(SET),
    "hasattr": reads("'here' if hasattr(connection, 'tenant') else 'lost'") + sets(SET),
    "setattr": reads() + sets("setattr(connection, 'tenant', 'here')"),
    "by alias": reads("getattr(connections['default'], 'tenant', 'lost')") + sets("connections['default'].tenant = 'here'"),
    "one by alias": reads() + sets("connections['default'].tenant = 'here'"),
    "mixin": reads() + LAYER + IMPORTS + MIXIN + f"        {SET}\n",
    "factory": reads() + LAYER + IMPORTS + FACTORY + f"        {SET}\n        return get_response(request)\n    return middleware\n",
    "helper of the layer": reads() + sets("note()", above=f"def note():\n    {SET}\n"),
    "helper of the view": reads("told()", above=f"def told():\n    return {TOLD}\n") + sets(SET),
    "method of the layer": reads() + LAYER + IMPORTS + SYNC + "        self.note()\n" + GO + f"    def note(self):\n        {SET}\n",
    "helper in another module": reads("helpers.told()", above="from PACKAGE import helpers\n") + sets(SET) + f"# file: helpers.py\nfrom django.db import connection\ndef told():\n    return {TOLD}\n",
    "class view": f"class A(View):\n    async def get(self, request):\n        return HttpResponse({TOLD})\n" + sets(SET),
    "async helper": reads("await told()", above=f"async def told():\n    return {TOLD}\n") + sets(SET),
    "native layer": IN_THREAD + sets_on_loop(SET),
    "native layer, setattr": IN_THREAD + sets_on_loop("setattr(connection, 'tenant', 'here')"),
    "native layer, by alias": IN_THREAD + sets_on_loop("connections['default'].tenant = 'here'"),
    "native layer, helper": IN_THREAD + sets_on_loop("note()", above=f"def note():\n    {SET}\n"),
    "native layer, async helper": IN_THREAD + sets_on_loop("await note()", above=f"async def note():\n    {SET}\n"),
    "native layer, sync view": QUERY + "def a(request):\n    return HttpResponse(asked())\nasync def b(request):\n    return HttpResponse('b')\n" + sets_on_loop(SET),
    "native layer, wrapper": IN_THREAD + LAYER + IMPORTS + WRAP + ASYNC + "        with connection.execute_wrapper(wrap):\n            return await self.get_response(request)\n",
    "native layer, method": IN_THREAD + LAYER + IMPORTS + ASYNC + "        self.note()\n" + AWAIT + f"    def note(self):\n        {SET}\n",
}  # fmt: skip
RIGHT = {
    "sync layer, query in its thread": IN_THREAD + sets(SET),
    "sync layer, sync view": QUERY + "def a(request):\n    return HttpResponse(asked())\nasync def b(request):\n    return HttpResponse('b')\n" + sets(SET),
    "sync layer, by alias": IN_THREAD + sets("connections['default'].tenant = 'here'"),
    "sync layer, setattr": IN_THREAD + sets("setattr(connection, 'tenant', 'here')"),
    "sync layer, helper": IN_THREAD + sets("note()", above=f"def note():\n    {SET}\n"),
    "mixin, query in its thread": IN_THREAD + LAYER + IMPORTS + MIXIN + f"        {SET}\n",
    "factory, query in its thread": IN_THREAD + LAYER + IMPORTS + FACTORY + f"        {SET}\n        return get_response(request)\n    return middleware\n",
    "sync layer, wrapper": IN_THREAD + LAYER + IMPORTS + WRAP + SYNC + "        with connection.execute_wrapper(wrap):\n            return self.get_response(request)\n",
    "native layer in a thread": IN_THREAD + sets_on_loop("await sync_to_async(note)()", above=f"def note():\n    {SET}\n"),
    "native layer, decorated helper": IN_THREAD + sets_on_loop("await note()", above=f"@sync_to_async\ndef note():\n    {SET}\n"),
    "on the request": "async def a(request):\n    return HttpResponse(request.tenant)\n" + sets("request.tenant = 'here'"),
    "native layer, on the request": "async def a(request):\n    return HttpResponse(request.tenant)\n" + sets_on_loop("request.tenant = 'here'"),
    "context variable": "from PACKAGE.layer import tenant\nasync def a(request):\n    return HttpResponse(tenant.get())\n"
    + sets("tenant.set('here')", above="import contextvars\ntenant = contextvars.ContextVar('tenant', default='lost')\n"),
    "another attribute": reads("getattr(connection, 'vendor', 'lost')") + sets(SET),
    "local of asgiref": "from PACKAGE.layer import local\nasync def a(request):\n    return HttpResponse(getattr(local, 'tenant', 'lost'))\n"
    + sets("local.tenant = 'here'", above="from asgiref.local import Local\nlocal = Local()\n"),
    "a name of one's own": "from PACKAGE.layer import connection\nasync def a(request):\n    return HttpResponse(getattr(connection, 'tenant', 'lost'))\n"
    + sets(SET, above="class Own:\n    pass\nconnection = Own()\n").replace("import connection, connections\n", "import connections\n"),
    "reading alone": reads("connection.vendor") + sets("request.vendor = connection.vendor"),
    "native layer, reading alone": reads("connection.vendor") + sets_on_loop("request.vendor = connection.vendor"),
    "read in a thread by a lambda": reads(f"await sync_to_async(lambda: {TOLD})()") + sets(SET),
    "read in a thread by a helper": reads("await sync_to_async(told)()", above=f"def told():\n    return {TOLD}\n") + sets(SET),
    "view that is not routed": IN_THREAD + f"async def c(request):\n    return HttpResponse({TOLD})\n" + sets(SET),
}  # fmt: skip


@pytest.mark.parametrize("title", BROKEN)
def test_state_for_another_connection_is_found(title: str, tmp_path: Path) -> None:
    """On a running Django the view answers that the state is lost."""
    assert findings("BRG023", title, BROKEN[title], tmp_path)


@pytest.mark.parametrize("title", RIGHT)
def test_state_where_it_is_looked_for_passes(title: str, tmp_path: Path) -> None:
    """On a running Django the view finds it."""
    assert not findings("BRG023", title, RIGHT[title], tmp_path)
