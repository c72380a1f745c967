"""BRG102: queries, the lazy user and the session in async views."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.async_views.checking import findings

pytest.importorskip("django")


def view(*lines: str, above: str = "") -> str:
    """An async view with these lines before its answer."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"{above}async def a(request):\n{body}    return HttpResponse('a')\n"


def handler(*lines: str) -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"class A(View):\n    async def get(self, request):\n{body}        return HttpResponse('a')\n"


CACHE = "# file: settings.py\nCACHES = {'default': {'BACKEND': 'django.core.cache.backends.db.DatabaseCache', 'LOCATION': 'c'}}\n"
HELPER = "# file: helpers.py\nfrom django.contrib.auth.models import User\ndef note(request):\n    return one()\ndef one():\n    return User.objects.first()\n"
SERVICE = "class Service:\n    def __init__(self):\n        self.count = 0\n    def load(self):\n        return self.all()\n    def all(self):\n        return list(User.objects.all())\n"
IN_THREAD = "@sync_to_async\ndef load():\n    return list(User.objects.all())\n"
LAYER = "# file: settings.py\nMIDDLEWARE += ['PACKAGE.layer.Layer']\n# file: layer.py\n"
READS_USER = LAYER + (
    "class Layer:\n    def __init__(self, get_response):\n        self.get_response = get_response\n"
    "    def __call__(self, request):\n        request.is_staff = request.user.is_staff\n        return self.get_response(request)\n"
)
CHOICE = "from django import forms\nclass Form(forms.Form):\n    user = forms.ModelChoiceField(User.objects.all())\n"
NAMES = "from django import forms\nclass Form(forms.ModelForm):\n    class Meta:\n        model = Group\n        fields = ['name']\n"
BASE = "# file: base.py\nfrom django.contrib.auth.models import User\nfrom django.views import View\nclass Base(View):\n    def load(self):\n        return User.objects.count()\n"
COUNTS = "def counts(view):\n    @functools.wraps(view)\n    async def inner(request):\n        User.objects.count()\n        return await view(request)\n    return inner\n"
PAGE = "# file: settings.py\nfrom pathlib import Path\nTEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]\n# file: page.html\n"


def page(template: str, context: str = "{}", call: str = "") -> str:
    """An async view that renders a template."""
    lines = (f"page = {call or f'render(request, {PATH!r}, {context})'}", "return HttpResponse(page)")
    return (
        "from django.shortcuts import render\nfrom django.template.loader import render_to_string\n"
        + view(*lines)
        + f"{PAGE}{template}\n"
    )


PATH = "page.html"
COOKIES = "# file: settings.py\nSESSION_ENGINE = 'django.contrib.sessions.backends.signed_cookies'\n"

BROKEN = {
    "user's attribute": view("name = request.user.username"),
    "user's truth": view("if request.user:", "    pass"),
    "user as text": view("text = f'hello {request.user}'"),
    "user by another name": view("user = request.user", "name = user.email"),
    "user after auser": view("await request.auser()", "name = request.user.username"),
    "user behind login_required": view("name = request.user.username", above="@login_required\n"),
    "user of another parameter": view("name = request.user.username").replace("request", "req"),
    "user that a query is filtered by": view("group = await Group.objects.filter(user=request.user).afirst()"),
    "user that a query excludes": view("groups = Group.objects.order_by('pk').exclude(user=request.user)"),
    "user by getattr": view("name = getattr(request.user, 'username')"),
    "user's class": view("known = isinstance(request.user, User)"),
    "user by a walrus": view("if (user := request.user).is_authenticated:", "    pass"),
    "user by an annotated name": view("user: User = request.user", "name = user.email"),
    "user by format": view("text = 'hello {}'.format(request.user)"),
    "session by another name": view("session = request.session", "session['seen'] = 1"),
    "item of a set": view("user = User.objects.order_by('pk')[0]"),
    "part of a set": view("users = list(User.objects.all()[:3])"),
    "not of a set": view("users = User.objects.filter(is_staff=True)", "if not users:", "    pass"),
    "truth of a set by a walrus": view("if users := User.objects.filter(is_staff=True):", "    pass"),
    "not of a set by a walrus": view("if not (users := User.objects.filter(is_staff=True)):", "    pass"),
    "iteration over a set by a walrus": view("for user in (users := User.objects.all()):", "    pass"),
    "method of a set by a walrus": view("count = (users := User.objects.all()).count()"),
    "save by a walrus": view("(group := Group(name='walrus')).save()"),
    "joined": view("names = ','.join(User.objects.values_list('username', flat=True))"),
    "starred": view("users = [*User.objects.all()]"),
    "save of what was fetched": view("user = await User.objects.afirst()", "user.save()"),
    "refresh of what was fetched": view("user = await User.objects.afirst()", "user.refresh_from_db()"),
    "related objects": view("user = await User.objects.afirst()", "groups = list(user.groups.all())"),
    "related objects of auser": view("user = await request.auser()", "count = user.groups.count()"),
    "in an async stream": "async def pieces():\n    yield str(User.objects.count())\nasync def a(request):\n    return StreamingHttpResponse(pieces())\n",
    "in a property": "class A(View):\n    @property\n    def count(self):\n        return User.objects.count()\n    async def get(self, request):\n        return HttpResponse(self.count)\n",
    "user in a class": handler("name = request.user.username"),
    "user of self": handler("name = self.request.user.username"),
    "user in setup": handler() + "    def setup(self, request):\n        super().setup(request)\n"
    "    def dispatch(self, request):\n        self.name = request.user.username\n        return super().dispatch(request)\n",
    "user handed to a helper": view("show(request.user)") + "def show(user):\n    return user.username\n",
    "session's item": view("request.session['seen'] = 1"),
    "session's get": view("seen = request.session.get('seen')"),
    "session's membership": view("if 'seen' in request.session:", "    pass"),
    "get": view("Group.objects.get_or_create(name='x')"),
    "count": view("count = User.objects.filter(is_staff=True).count()"),
    "exists": view("if User.objects.exists():", "    pass"),
    "iteration": view("for user in User.objects.all():", "    pass"),
    "comprehension": view("names = [user.username for user in User.objects.all()]"),
    "list": view("users = list(User.objects.filter(is_staff=True))"),
    "set by another name": view("users = User.objects.all()", "users = len(users)").replace("users = len", "count = len"),
    "create": view("Group.objects.create(name='one')"),
    "save": view("group = Group(name='two')", "group.save()"),
    "shortcut": view("get_object_or_404(User, username='staff')"),
    "atomic": view("with transaction.atomic():", "    pass"),
    "cursor": view("with connection.cursor() as cursor:", "    cursor.execute('select 1')"),
    "cache in the database": view("cache.get('x')", above="from django.core.cache import cache\n") + CACHE,
    "in a helper": view("count()") + "def count():\n    return User.objects.count()\n",
    "two modules away": view("helpers.note(request)", above="from PACKAGE import helpers\n") + HELPER,
    "in an async helper": view("await load()") + "async def load():\n    return User.objects.count()\n",
    "in a function of the view": view("def load():", "    return User.objects.count()", "load()"),
    "in a method": handler("self.load()") + "    def load(self):\n        return User.objects.count()\n",
    "in an object's method": SERVICE + view("Service().load()"),
    "in a method of a name": SERVICE + view("service = Service()", "service.load()"),
    "in an inherited method": "class Base(View):\n    def load(self):\n        return User.objects.count()\n"
    + handler("self.load()").replace("View", "Base"),
    "in an inherited method of another module": handler("self.load()").replace("View", "Base").join(["from PACKAGE.base import Base\n", BASE]),
    "in a lambda": view("load = lambda: User.objects.count()", "load()"),
    "in a lambda that is handed on": view("call(lambda: User.objects.count())") + "def call(function):\n    return function()\n",
    "in a partial": view("load = functools.partial(User.objects.filter(is_staff=True).count)", "load()"),
    "in a partial of a helper": view("functools.partial(load, True)()") + "def load(staff):\n    return User.objects.filter(is_staff=staff).count()\n",
    "in a table of helpers": view("{'count': load}['count']()") + "def load():\n    return User.objects.count()\n",
    "in a decorator": COUNTS + view(above="@counts\n"),
    "saving a form": NAMES + view("form = Form({'name': str(time.time())})", "await sync_to_async(form.is_valid)()", "form.save()"),
    "saving a form by super": NAMES + "    def save(self, commit=True):\n        return super().save()\n" + view("form = Form({'name': str(time.time())})", "await sync_to_async(form.is_valid)()", "form.save()"),
    "choice among rows": CHOICE + view("Form({'user': '1'}).is_valid()"),
    "unique field of a form": NAMES + view("form = Form(data={'name': 'x'})", "form.is_valid()"),
    "form of one's own user": "from django.contrib.auth.forms import UserCreationForm\nclass Form(UserCreationForm):\n    pass\n" + view("Form({'username': 'x', 'password1': 'a', 'password2': 'a'}).is_valid()"),
    "user that is asked in an object of the view": "class Who:\n    def __init__(self, request):\n        self.request = request\n    def name(self):\n        return self.request.user.username\n" + view("name = Who(request).name()"),
    "user that a template prints": page("Hello {{ me.username }}", "{'me': request.user}"),
    "user that a template asks": page("{% if me.is_staff %}yes{% endif %}", "{'me': request.user}"),
    "user of a context processor": page("{% block a %}Hello {{ user }}{% endblock %}"),
    "user of a context processor in a text": page("Hello {{ user }}", call="render_to_string('page.html', {}, request)"),
    "set that a template loops over": page("{% for one in users %}{{ one }}{% endfor %}", "{'users': User.objects.all()}"),
    "set that a template counts": page("{{ users.count }}", "{'users': User.objects.all()}"),
    "in a test of a mixin": "class A(UserPassesTestMixin, View):\n    raise_exception = True\n    def test_func(self):\n        return self.request.user.is_staff\n"
    "    async def get(self, request):\n        return HttpResponse('a')\n",
    "in a router's urls": "# file: urls.py\nfrom django.urls import include, path\nurlpatterns = [path('', include(('PACKAGE.more', 'more')))]\n"
    "# file: more.py\nfrom django.urls import path\nfrom PACKAGE.pages import a\nurlpatterns = [path('a/', a)]\n"
    "# file: pages.py\nfrom django.contrib.auth.models import User\nfrom django.http import HttpResponse\n" + view("User.objects.first()"),
}  # fmt: skip
RIGHT = {
    "query under a setting that is off": "from django.conf import settings\n" + view("if settings.SLOW:", "    User.objects.count()") + "# file: settings.py\nSLOW = False\n",
    "form that is not saved": NAMES + view("form = Form({'name': str(time.time())})", "await sync_to_async(form.is_valid)()", "form.save(commit=False)"),
    "form without data": CHOICE + view("Form().is_valid()"),
    "form without rows": "from django import forms\nclass Form(forms.Form):\n    name = forms.CharField()\n" + view("Form({'name': 'x'}).is_valid()"),
    "form in a thread": CHOICE + view("await sync_to_async(Form({'user': '1'}).is_valid)()"),
    "lambda in a thread": view("await sync_to_async(lambda: User.objects.count())()"),
    "partial in a thread": view("await asyncio.to_thread(functools.partial(load, True))") + "def load(staff):\n    return User.objects.filter(is_staff=staff).count()\n",
    "user that a helper read in a thread": view("await sync_to_async(show)(request)", "name = request.user.username") + "def show(request):\n    return request.user.username\n",
    "user that something may have read": view("await asyncio.to_thread(getattr(helpers, str('show')), request)", "name = request.user.username", above="from PACKAGE import helpers\n") + "# file: helpers.py\ndef show(request):\n    return request.user.username\n",
    "query that a value of the URL decides": "async def a(request, load=None):\n    if load is not None:\n        load()\n    return HttpResponse('a')\n",
    "user that no template prints": page("Hello {% comment %}{{ me }}{% endcomment %}{# {{ me }} #}", "{'me': request.user}"),
    "user that a template may print": page("{% if show %}{{ me }}{% endif %}", "{'me': request.user}"),
    "user of auser that a template prints": page("{{ me.username }}", "{'me': await request.auser()}"),
    "user of another name": page("{{ user }}", "{'user': 'nobody'}"),
    "user that a thread read before": page("{{ user }}", call="render(request, 'page.html') if await sync_to_async(bool)(request.user) else 'nobody'"),
    "template in a thread": page("{{ user }}", call="await sync_to_async(render)(request, 'page.html', {})"),
    "list that a template loops over": page("{% for one in users %}{{ one }}{% endfor %}", "{'users': [user async for user in User.objects.all()]}"),
    "name that a template binds": page("{% with user=1 %}{{ user }}{% endwith %}"),
    "query after return": view("return HttpResponse('a')", "User.objects.count()"),
    "local function of that name": view("def get_object_or_404(kind, pk):", "    return kind", "get_object_or_404(User, 1)"),
    "parameter of that name": "async def a(request, get_object_or_404=getattr):\n    get_object_or_404(User, 'pk')\n    return HttpResponse('a')\n",
    "local list": view("list = len", "name = list", "list = id", "numbers = list(User.objects.all())"),
    "local connection": view("for connection in ():", "    connection.cursor()"),
    "local transaction": view("transaction = type('T', (), {'atomic': contextlib.suppress})", "with transaction.atomic():", "    pass"),
    "auser": view("user = await request.auser()", "name = user.username"),
    "user set": view("request.user = await request.auser()", "name = request.user.username"),
    "query by the user's twin": view("group = await Group.objects.filter(user=await request.auser()).afirst() if (await request.auser()).pk else None"),
    "user handed on as it is": view("values = {'user': request.user}"),
    "identity": view("other = request.user is None"),
    "user in a thread": view("name = await sync_to_async(lambda: request.user.username)()"),
    "user after a thread read it": view("await sync_to_async(bool)(request.user)", "name = request.user.username"),
    "user that a layer has read": view("name = request.user.username") + READS_USER,
    "session's twins": view("seen = await request.session.aget('seen')", "await request.session.aset('seen', 1)"),
    "session in cookies": view("request.session['seen'] = 1") + COOKIES,
    "session's flags": view("modified = request.session.modified"),
    "aget": view("await User.objects.filter(is_staff=True).afirst()"),
    "acount": view("count = await User.objects.acount()"),
    "async for": view("async for user in User.objects.all():", "    pass"),
    "async comprehension": view("names = [user.username async for user in User.objects.all()]"),
    "set that was fetched by async for": view("users = User.objects.all()", "async for user in users:", "    pass", "count = len(users)"),
    "set that was fetched in a thread": view("users = User.objects.all()", "await sync_to_async(len)(users)", "names = [user.username for user in users]"),
    "part that is not read": view("users = User.objects.all()[:3]"),
    "twin of a method of what was fetched": view("user = await User.objects.afirst()", "await user.arefresh_from_db()"),
    "related objects that were fetched": view("user = await User.objects.prefetch_related('groups').afirst()", "groups = list(user.groups.all())"),
    "values that were fetched": view("user = await User.objects.values().afirst()", "name = user['username']"),
    "related objects by async for": view("user = await User.objects.afirst()", "groups = [group async for group in user.groups.all()]"),
    "set by a walrus that is not read": view("users = (staff := User.objects.all()).filter(is_staff=True)"),
    "set by a walrus that was fetched by async for": view("async for user in (users := User.objects.all()):", "    pass", "count = len(users)"),
    "row by a walrus": view("if user := await User.objects.afirst():", "    name = user.username"),
    "lazy set": view("users = User.objects.filter(is_staff=True).order_by('pk')"),
    "asave": view("group = Group(name=str(time.time()))", "await group.asave()"),
    "async shortcut": view("await aget_object_or_404(User, username='staff')"),
    "in a thread": view("users = await sync_to_async(list)(User.objects.all())"),
    "decorated helper": IN_THREAD + view("users = await load()"),
    "helper in a thread": view("users = await sync_to_async(load)()") + "def load():\n    return list(User.objects.all())\n",
    "method in a thread": SERVICE + view("await asyncio.to_thread(Service().load)"),
    "function of the view in a thread": view("def load():", "    return User.objects.count()", "await sync_to_async(load)()"),
    "helper of a sync view": "def load():\n    return User.objects.count()\ndef a(request):\n    load()\n    return HttpResponse('a')\n"
    "async def b(request):\n    return HttpResponse('b')\n",
    "handler that catches": "from django.core.exceptions import SynchronousOnlyOperation\n"
    + view("try:", "    request.user.username", "except SynchronousOnlyOperation:", "    pass"),
    "query in a generator that Django runs": "def pieces():\n    yield str(User.objects.count())\n"
    "async def a(request):\n    return StreamingHttpResponse(pieces())\n",
    "a dictionary of that name": view("shelf.objects.get('x')", above="class Shelf:\n    objects = {}\nshelf = Shelf()\n"),
    "a cache in memory": view("cache.get('x')", above="from django.core.cache import cache\n"),
    "a view that is not routed": view() + "async def c(request):\n    return HttpResponse(request.user.username)\n",
    "a helper that is handed on": view("later = load") + "def load():\n    return User.objects.count()\n",
    "sync handler": "class A(View):\n    def get(self, request):\n        return HttpResponse(request.user.username)\nasync def b(request):\n    return HttpResponse('b')\n",
}  # fmt: skip


@pytest.mark.parametrize("title", BROKEN)
def test_what_queries_on_the_event_loop_is_found(title: str, tmp_path: Path) -> None:
    """A member of staff gets 500 for each on a running Django."""
    assert findings("BRG102", title, BROKEN[title], tmp_path)


@pytest.mark.parametrize("title", RIGHT)
def test_what_awaits_or_goes_to_a_thread_passes(title: str, tmp_path: Path) -> None:
    """A running Django answers each with 200."""
    assert not findings("BRG102", title, RIGHT[title], tmp_path)


def test_the_way_is_told(tmp_path: Path) -> None:
    """Through helpers and other modules."""
    (found,) = findings("BRG102", "the way", BROKEN["two modules away"], tmp_path)
    assert "a > helpers.note > helpers.one > User.first" in found.message
    assert found.location.path.endswith("helpers.py")


def test_nothing_is_said_where_django_lets_queries_run_on_the_loop(tmp_path: Path) -> None:
    """DJANGO_ALLOW_ASYNC_UNSAFE, named in the settings or an entry point (django/utils/asyncio.py, async_unsafe)."""
    unsafe = "# file: settings.py\nimport os\nos.environ['DJANGO_ALLOW_ASYNC_UNSAFE'] = '1'\n"
    assert not findings("BRG102", "unsafe", BROKEN["count"] + unsafe, tmp_path)


ENGINE = "{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}, "


@pytest.mark.parametrize(
    ("settings", "is_known"),
    [
        ("'APP_DIRS': True}]\nINSTALLED_APPS = ['PACKAGE']", True),
        (
            "'APP_DIRS': True}]\nINSTALLED_APPS = ['django.contrib.admin', 'django.contrib.auth', 'PACKAGE']",
            True,
        ),
        ("'APP_DIRS': True}]\nINSTALLED_APPS = ['not_installed_anywhere', 'PACKAGE']", False),
        ("'APP_DIRS': True, 'DIRS': ['templates']}]\nINSTALLED_APPS = ['PACKAGE']", False),
    ],
    ids=["own", "behind Django's", "behind an unknown one", "behind a relative folder"],
)
def test_a_template_is_read_where_nobody_ahead_may_have_another(
    settings: str, is_known: bool, tmp_path: Path
) -> None:
    """Django takes the first of that name; a relative folder is one of wherever the server was started."""
    files = f"# file: settings.py\nTEMPLATES = [{ENGINE}{settings}\n# file: templates/page.html\nHello {{{{ user }}}}\n"
    lines = view("return render(request, 'page.html')", above="from django.shortcuts import render\n")
    assert bool(findings("BRG102", "template", lines + files, tmp_path)) is is_known
