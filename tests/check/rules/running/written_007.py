"""BRG007: middleware written out as packages have it."""

from __future__ import annotations

BROKEN = {
    "locale token": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
request_id = ContextVar("request_id", default="")
class M(MiddlewareMixin):
    def process_request(self, request):
        request._request_id_token = request_id.set(request.META.get("HTTP_X_REQUEST_ID", "x"))
    def process_response(self, request, response):
        response["X-Request-ID"] = request_id.get()
        request_id.reset(request._request_id_token)
        return response
""",
    "guarded by hasattr": """\

import contextvars
from django.utils.deprecation import MiddlewareMixin
current = contextvars.ContextVar("current")
class M(MiddlewareMixin):
    def process_request(self, request):
        request.token = current.set(request)
    def process_response(self, request, response):
        if hasattr(request, "token"):
            current.reset(request.token)
            del request.token
        return response
""",
    "class with push and pop": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
class Scope:
    var = ContextVar("scope")
    def __init__(self, value):
        self.value = value
    def push(self):
        self.token = self.var.set(self.value)
        return self
    def pop(self):
        self.var.reset(self.token)
class M(MiddlewareMixin):
    def process_request(self, request):
        request.scope_object = Scope(request.path).push()
    def process_response(self, request, response):
        request.scope_object.pop()
        return response
""",
    "manager entered by hand": """\

from contextlib import contextmanager
from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
var = ContextVar("var")
@contextmanager
def bound(value):
    token = var.set(value)
    try:
        yield
    finally:
        var.reset(token)
class M(MiddlewareMixin):
    def process_request(self, request):
        request._cm = bound(request.path)
        request._cm.__enter__()
    def process_response(self, request, response):
        cm = request._cm
        cm.__exit__(None, None, None)
        return response
""",
    "view hook to response hook": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
view_name = ContextVar("view_name", default=None)
class M(MiddlewareMixin):
    def process_view(self, request, view_func, view_args, view_kwargs):
        request.view_token = view_name.set(view_func.__name__)
        return None
    def process_response(self, request, response):
        token = getattr(request, "view_token", None)
        if token is not None:
            view_name.reset(token)
        return response
""",
    "helper module": """\

from django.utils.deprecation import MiddlewareMixin
from case import context
class M(MiddlewareMixin):
    def process_request(self, request):
        request.ctx_tokens = context.bind(path=request.path, method=request.method)
    def process_response(self, request, response):
        context.unbind(request.ctx_tokens)
        return response
# file: context.py
from contextvars import ContextVar
path_var, method_var = ContextVar("path"), ContextVar("method")
def bind(*, path, method):
    return path_var.set(path), method_var.set(method)
def unbind(tokens):
    first, second = tokens
    path_var.reset(first)
    method_var.reset(second)
""",
    "tokens in a loop": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
VARS = {"path": ContextVar("path"), "method": ContextVar("method")}
class M(MiddlewareMixin):
    def process_request(self, request):
        request.tokens = {name: var.set(getattr(request, name)) for name, var in VARS.items()}
    def process_response(self, request, response):
        for name, token in request.tokens.items():
            VARS[name].reset(token)
        return response
""",
    "token var reset": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
var = ContextVar("var")
class M(MiddlewareMixin):
    def process_request(self, request):
        request.reset = lambda token=var.set(1): var.reset(token)
    def process_response(self, request, response):
        request.reset()
        return response
""",
    "token kept in another variable": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
var = ContextVar("var")
class M(MiddlewareMixin):
    def process_request(self, request):
        token = var.set(request.path)
        request.META["app.token"] = token
    def process_response(self, request, response):
        var.reset(request.META.pop("app.token"))
        return response
""",
    "exit stack on request": """\

from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
var = ContextVar("var")
@contextmanager
def bound(value):
    token = var.set(value)
    yield
    var.reset(token)
class M(MiddlewareMixin):
    def process_request(self, request):
        stack = ExitStack()
        stack.enter_context(bound(request.path))
        request.stack = stack
    def process_response(self, request, response):
        request.stack.__exit__(None, None, None)
        return response
""",
}
RIGHT = {
    "set and cleared": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
var = ContextVar("var", default=None)
class M(MiddlewareMixin):
    def process_request(self, request):
        var.set(request.path)
    def process_response(self, request, response):
        var.set(None)
        return response
""",
    "factory in one context": """\

from contextvars import ContextVar
from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware
var = ContextVar("var")
@sync_and_async_middleware
def M(get_response):
    if iscoroutinefunction(get_response):
        async def middleware(request):
            token = var.set(request.path)
            try:
                return await get_response(request)
            finally:
                var.reset(token)
    else:
        def middleware(request):
            token = var.set(request.path)
            try:
                return get_response(request)
            finally:
                var.reset(token)
    return middleware
""",
    "acall of its own": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
var = ContextVar("var")
class M(MiddlewareMixin):
    def process_request(self, request):
        request.token = var.set(request.path)
    def process_response(self, request, response):
        var.reset(request.token)
        return response
    async def __acall__(self, request):
        self.process_request(request)
        response = await self.get_response(request)
        return self.process_response(request, response)
""",
    "exception swallowed": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
var = ContextVar("var", default=None)
class M(MiddlewareMixin):
    def process_request(self, request):
        request.token = var.set(request.path)
    def process_response(self, request, response):
        try:
            var.reset(request.token)
        except ValueError:
            var.set(None)
        return response
""",
    "reads the old value": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
var = ContextVar("var", default=None)
class M(MiddlewareMixin):
    def process_request(self, request):
        request.old = var.set(request.path).old_value
    def process_response(self, request, response):
        var.set(None)
        return response
""",
    "sync only mixin": """\

from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
var = ContextVar("var", default=None)
class M(MiddlewareMixin):
    async_capable = False
    def process_request(self, request):
        request.token = var.set(request.path)
    def process_response(self, request, response):
        var.reset(request.token)
        return response
""",
    "suppress": """\

import contextlib
from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
var = ContextVar("var", default=None)
class M(MiddlewareMixin):
    def process_request(self, request):
        request.token = var.set(request.path)
    def process_response(self, request, response):
        with contextlib.suppress(ValueError, LookupError):
            var.reset(request.token)
        return response
""",
}
