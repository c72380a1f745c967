"""More views, layers and streams: clients of Python's library, mail, iterators of its functions, and who asks which server serves."""

from __future__ import annotations

from collections.abc import Mapping

BROKEN: Mapping[str, Mapping[str, str]] = {
    "BRG101": {
        "partial of decorator": """\
def guard(view, code):
    @functools.wraps(view)
    def inner(request):
        if request.GET.get("code") == code:
            return HttpResponseForbidden()
        return view(request)
    return inner
secret = functools.partial(guard, code="x")
@secret
async def a(request):
    return HttpResponse("a")
""",
    },
    "BRG103": {
        "islice of generator": """\
import itertools
def numbers():
    n = 0
    while True:
        n += 1
        yield str(n)
async def a(request):
    return StreamingHttpResponse(itertools.islice(numbers(), 3))
""",
        "iter with sentinel": """\
import io
async def a(request):
    source = io.StringIO("abcdef")
    return StreamingHttpResponse(iter(lambda: source.read(2), ""))
""",
        "asks the server, and mixes them up": """\
def sync_pieces():
    yield "a"
async def async_pieces():
    yield "a"
async def a(request):
    if hasattr(request, 'scope'):
        return StreamingHttpResponse(sync_pieces())
    return StreamingHttpResponse(async_pieces())
""",
        "asks the class, and mixes them up": """\
def sync_pieces():
    yield "a"
async def async_pieces():
    yield "a"
from django.core.handlers.wsgi import WSGIRequest
async def a(request):
    if isinstance(request, WSGIRequest):
        return StreamingHttpResponse(async_pieces())
    return StreamingHttpResponse(sync_pieces())
""",
        "helper asks, and mixes them up under WSGI": """\
def sync_pieces():
    yield "a"
async def async_pieces():
    yield "a"
def is_asgi(request):
    return hasattr(request, 'scope') and request.scope['type'] == 'http'
async def a(request):
    if is_asgi(request):
        return StreamingHttpResponse(sync_pieces())
    return StreamingHttpResponse(async_pieces())
""",
        "another handler has the right kind": """\
def pieces():
    yield "a"
async def apieces():
    yield "a"
class A(View):
    async def get(self, request):
        return StreamingHttpResponse(pieces())
    async def post(self, request):
        return StreamingHttpResponse(apieces())
""",
        "lines of a search": """\
import re
async def a(request):
    return StreamingHttpResponse(re.finditer("a", "aa"))
""",
    },
    "BRG104": {
        "smtp": """\
import smtplib
class Mailer:
    def send(self, text):
        try:
            with smtplib.SMTP("127.0.0.1", 9, timeout=0.1) as server:
                server.sendmail("a", "b", text)
        except OSError:
            pass
async def a(request):
    Mailer().send("x")
    return HttpResponse("a")
""",
        "mail sent": """\
from django.core.mail import send_mail
async def a(request):
    send_mail("s", "b", "a@example.com", ["b@example.com"], fail_silently=True)
    return HttpResponse("a")
# file: settings.py
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", 9
""",
        "mail of a service": """\
from PACKAGE.mails import welcome
async def a(request):
    welcome("b@example.com")
    return HttpResponse("a")
# file: settings.py
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", 9
# file: mails.py
from django.core.mail import EmailMultiAlternatives
def welcome(address):
    message = EmailMultiAlternatives("s", "b", "a@example.com", [address])
    message.attach_alternative("<b>b</b>", "text/html")
    message.send(fail_silently=True)
""",
    },
}
RIGHT: Mapping[str, Mapping[str, str]] = {
    "BRG103": {
        "asks the server": """\
def sync_pieces():
    yield "a"
async def async_pieces():
    yield "a"
async def a(request):
    if hasattr(request, 'scope'):
        return StreamingHttpResponse(async_pieces())
    return StreamingHttpResponse(sync_pieces())
""",
        "asks the class": """\
def sync_pieces():
    yield "a"
async def async_pieces():
    yield "a"
from django.core.handlers import asgi
async def a(request):
    if isinstance(request, (asgi.ASGIRequest,)):
        return StreamingHttpResponse(async_pieces())
    return StreamingHttpResponse(sync_pieces())
""",
        "asks META": """\
def sync_pieces():
    yield "a"
async def async_pieces():
    yield "a"
async def a(request):
    if 'wsgi.input' in request.META:
        return StreamingHttpResponse(sync_pieces())
    return StreamingHttpResponse(async_pieces())
""",
        "asks by match": """\
def sync_pieces():
    yield "a"
async def async_pieces():
    yield "a"
from django.core.handlers.asgi import ASGIRequest
async def a(request):
    match request:
        case ASGIRequest():
            return StreamingHttpResponse(async_pieces())
        case _:
            return StreamingHttpResponse(sync_pieces())
""",
        "helper asks under WSGI": """\
def sync_pieces():
    yield "a"
async def async_pieces():
    yield "a"
def is_asgi(request):
    return hasattr(request, 'scope') and request.scope['type'] == 'http'
async def a(request):
    if is_asgi(request):
        return StreamingHttpResponse(async_pieces())
    return StreamingHttpResponse(sync_pieces())
""",
        "object asks under WSGI": """\
def sync_pieces():
    yield "a"
async def async_pieces():
    yield "a"
class Streams:
    def __init__(self, request):
        self.request = request
    @property
    def is_asgi(self):
        return hasattr(self.request, 'scope')
    def response(self):
        return StreamingHttpResponse(async_pieces() if self.is_asgi else sync_pieces())
async def a(request):
    return Streams(request).response()
""",
    },
    "BRG104": {
        "mail to the console": """\
from django.core.mail import send_mail
async def a(request):
    send_mail("s", "b", "a@example.com", ["b@example.com"])
    return HttpResponse("a")
# file: settings.py
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
""",
        "mail in a thread": """\
from django.core.mail import send_mail
async def a(request):
    await sync_to_async(send_mail)("s", "b", "a@example.com", ["b@example.com"], fail_silently=True)
    return HttpResponse("a")
# file: settings.py
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", 9
""",
        "client that is not connected": """\
import smtplib
async def a(request):
    client = smtplib.SMTP()
    return HttpResponse(str(client.helo_resp))
""",
    },
    "BRG101": {
        "partial of a decorator that knows": """\
def guard(view, code):
    if iscoroutinefunction(view):
        @functools.wraps(view)
        async def inner(request):
            return HttpResponseForbidden() if request.GET.get("code") == code else await view(request)
    else:
        @functools.wraps(view)
        def inner(request):
            return HttpResponseForbidden() if request.GET.get("code") == code else view(request)
    return inner
secret = functools.partial(guard, code="x")
@secret
async def a(request):
    return HttpResponse("a")
""",
    },
}
