"""What sync code between Django and the async handlers of a class does: it runs on the event loop, and Django awaits its result."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Related
from bridgekit.check.findings.flow import (
    ReadFunction,
    dotted_name,
    handles_async,
    resolved_name,
    walk_own,
)
from bridgekit.check.findings.routed_view import VERBS, Applied, RoutedView
from bridgekit.check.findings.subject import Subject
from bridgekit.check.findings.visible_names import visible_imports
from bridgekit.check.middleware.definition import Method
from bridgekit.check.rules._views import Stack, judge_one
from bridgekit.check.views.decorators import Effect

_MIXINS = {
    f"django.contrib.auth.mixins.{name}": name
    for name in ("LoginRequiredMixin", "PermissionRequiredMixin", "UserPassesTestMixin")
}
_METHOD_DECORATOR = "django.utils.decorators.method_decorator"
_READ_USER = frozenset(
    {
        "django.contrib.auth.decorators.login_required",
        "django.contrib.auth.decorators.permission_required",
        "django.contrib.auth.decorators.user_passes_test",
        "django.contrib.admin.views.decorators.staff_member_required",
    }
)
_TOUCH_RESPONSE = frozenset(
    f"django.views.decorators.{name}"
    for name in (
        "cache.cache_control", "cache.cache_page", "cache.never_cache", "clickjacking.xframe_options_deny",
        "clickjacking.xframe_options_exempt", "clickjacking.xframe_options_sameorigin", "csp.csp_override",
        "csp.csp_report_only_override", "csrf.ensure_csrf_cookie", "gzip.gzip_page", "http.conditional_page",
        "vary.vary_on_cookie", "vary.vary_on_headers",
    )
)  # fmt: skip
"""Under these a response is given a header or an attribute: dispatch gives them a coroutine instead."""
_REFUSE = frozenset(
    f"django.views.decorators.http.{name}"
    for name in ("require_GET", "require_POST", "require_http_methods", "require_safe")
)
_ATOMIC = "django.db.transaction.atomic"
_RESPONSES = frozenset(
    {
        *(
            f"django.http.{name}"
            for name in (
                "FileResponse", "HttpResponse", "HttpResponseBadRequest", "HttpResponseForbidden", "HttpResponseGone",
                "HttpResponseNotAllowed", "HttpResponseNotFound", "HttpResponsePermanentRedirect", "HttpResponseRedirect",
                "HttpResponseServerError", "JsonResponse", "StreamingHttpResponse",
            )
        ),
        "django.contrib.auth.views.redirect_to_login",
        "django.shortcuts.redirect",
        "django.shortcuts.render",
        "django.template.response.TemplateResponse",
    }
)  # fmt: skip


def dispatch_problems(view: RoutedView, subject: Subject, stack: Stack) -> Iterator[Problem]:
    """Handlers of two kinds, mixins with a sync dispatch, decorators of dispatch, and a dispatch of the project's own."""
    if view.definition.mro_complete.reason:
        return
    yield from _mixed(view)
    yield from _mixin(view, stack)
    yield from _guarded(view, stack)
    yield from _decorated(view, stack)
    for function in on_the_way(view, subject):
        yield from _early(view, function)


def _mixed(view: RoutedView) -> Iterator[Problem]:
    """View.view_is_async raises ImproperlyConfigured while the URLconf is imported."""
    handlers = [view.definition.methods.get(verb) for verb in _served(view)]
    known = [method for method in handlers if method is not None]
    if not known or any(method.node.decorator_list for method in known):
        return
    sync = [method for method in known if not isinstance(method.node, ast.AsyncFunctionDef)]
    if not sync:
        return
    other = sync[0]
    async_one = next((m for m in known if isinstance(m.node, ast.AsyncFunctionDef)), None)
    if async_one is None:
        return
    yield Problem(
        f"{view.name}: {async_one.name} is async and {other.name} of {other.owner.rpartition('.')[2]} is not: as_view() raises "
        "ImproperlyConfigured, and no request is answered",
        async_one.location,
        "Write all of the view's HTTP methods either async or sync.",
        subject=f"{view.name}:mixed",
        related=(Related(other.location, f"sync {other.name}"),),
    )


def _served(view: RoutedView) -> list[str]:
    """The verbs that ``http_method_names`` leaves; none where it is no plain list."""
    names = view.definition.attributes.get("http_method_names")
    if not isinstance(names, ast.List | ast.Tuple):
        return []
    given = {name.value for name in names.elts if isinstance(name, ast.Constant)}
    return [verb for verb in VERBS if verb in given]


def _mixin(view: RoutedView, stack: Stack) -> Iterator[Problem]:
    """AccessMixin's classes read ``request.user`` in dispatch, and answer by a redirect that cannot be awaited."""
    methods = view.definition.methods
    mixin = next((path for path in view.definition.mro if path in _MIXINS), None)
    dispatch = methods.get("dispatch")
    if mixin is None or dispatch is None or handles_async(dispatch.node):
        return
    if isinstance(dispatch.node, ast.AsyncFunctionDef):
        return
    refuses = methods.get("handle_no_permission")
    if (
        not stack.user_is_lazy
        or (dispatch.owner != mixin and not _calls_super(dispatch))
        or (refuses is not None and not refuses.owner.startswith("django."))
        or (
            mixin.endswith("UserPassesTestMixin")
            and "raise_exception" in view.definition.attributes
            and _own_attribute(view)
        )
        or any(m in methods and not methods[m].owner.startswith("django.") for m in ("has_permission",))
    ):
        return
    yield Problem(
        f"{view.name}: {_MIXINS[mixin]} reads request.user on the event loop, and redirects by a response that is awaited: "
        "requests that it has to decide about fail",
        view.location,
        "Decorate the view that as_view() gives, login_required(...) in the URLconf, or ask await request.auser() in the handler.",
        subject=f"{view.name}:{mixin}",
    )


def _guarded(view: RoutedView, stack: Stack) -> Iterator[Problem]:
    """A sync dispatch of a mixin that decorates the one above it: ``login_required(super().dispatch)(request)``."""
    dispatch = view.definition.methods.get("dispatch")
    if dispatch is None or handles_async(dispatch.node) or not stack.user_is_lazy:
        return
    if isinstance(dispatch.node, ast.AsyncFunctionDef) or dispatch.owner.startswith("django."):
        return
    imports = visible_imports(ReadFunction(dispatch.node, dispatch.module, dispatch.owner))
    for node in walk_own(dispatch.node):
        name = resolved_name(node.func, imports) if isinstance(node, ast.Call) else ""
        if name in _READ_USER:
            short = name.rpartition(".")[2]
            yield Problem(
                f"{view.name}: dispatch of {dispatch.owner.rpartition('.')[2]} puts {short} around a sync function, which reads "
                "request.user on the event loop, and redirects by a response that is awaited: requests that it has to decide about fail",
                view.location,
                f"Decorate the view that as_view() gives, {short}(...) in the URLconf, or ask await request.auser() in the handler.",
                subject=f"{view.name}:{dispatch.owner}:{short}",
                related=(Related(dispatch.location, "sync dispatch"),),
            )
            return


def _own_attribute(view: RoutedView) -> bool:
    """Whether ``raise_exception`` is anything but AccessMixin's own False."""
    value = view.definition.attributes["raise_exception"]
    return not (isinstance(value, ast.Constant) and value.value is False)


def _calls_super(method: Method) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == method.name
        and isinstance(node.value, ast.Call)
        and dotted_name(node.value.func) == "super"
        for node in walk_own(method.node)
    )


def _decorated(view: RoutedView, stack: Stack) -> Iterator[Problem]:
    dispatch = view.definition.methods.get("dispatch")
    if dispatch is None or isinstance(dispatch.node, ast.AsyncFunctionDef):
        return
    for applied in around_dispatch(view):
        name, reason = applied.name, ""
        short = name.rpartition(".")[2]
        if name in _READ_USER and stack.user_is_lazy:
            reason = "reads request.user on the event loop, and redirects by a response that is awaited: requests that it has to decide about fail"
        elif name in _TOUCH_RESPONSE:
            reason = "works on the coroutine that dispatch gives instead of a response: every request that gets there fails"
        elif name in _REFUSE:
            reason = (
                "refuses a method by a response that is awaited: such requests fail with 500 instead of 405"
            )
        elif name == _ATOMIC:
            reason = "opens its transaction on the event loop: SynchronousOnlyOperation on every request"
        if reason:
            yield Problem(
                f"{view.name}: dispatch is a sync function under method_decorator, and {short} around it {reason}",
                applied.module.location_of(applied.node),
                f"Decorate the handlers, or the view that as_view() gives: {short} knows async ones."
                if name != _ATOMIC
                else "Open the transaction in a sync function, and call that by sync_to_async.",
                subject=f"{view.name}:{name}",
                related=(Related(view.location, "async view"),),
            )


def around_dispatch(view: RoutedView) -> Iterator[Applied]:
    """What ``method_decorator`` puts around dispatch: on the class by name, or on the method."""
    dispatch = view.definition.methods.get("dispatch")
    if isinstance(view.node, ast.ClassDef):
        for decorator in view.node.decorator_list:
            yield from _given(decorator, view, named=True)
    if dispatch is not None and not dispatch.owner.startswith("django."):
        for decorator in dispatch.node.decorator_list:
            yield from _given(decorator, view, named=False)


def _given(decorator: ast.expr, view: RoutedView, *, named: bool) -> Iterator[Applied]:
    applied = Applied(decorator, view.module)
    if applied.name != _METHOD_DECORATOR or not isinstance(decorator, ast.Call) or not decorator.args:
        return
    given = [*decorator.args[1:2], *(k.value for k in decorator.keywords if k.arg == "name")]
    if named and not any(isinstance(name, ast.Constant) and name.value == "dispatch" for name in given):
        return
    first = decorator.args[0]
    if isinstance(first, ast.Name):
        first = _named_list(first, view) or first
    for node in first.elts if isinstance(first, ast.List | ast.Tuple) else [first]:
        yield Applied(node, view.module)


def _named_list(name: ast.Name, view: RoutedView) -> ast.expr | None:
    """``decorators = [never_cache, login_required]`` at the top of the module."""
    bound = [
        node.value
        for node in (view.module.tree.body if view.module.tree is not None else [])
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name.id for target in node.targets)
    ]
    return bound[0] if len(bound) == 1 and isinstance(bound[0], ast.List | ast.Tuple) else None


def on_the_way(view: RoutedView, subject: Subject) -> Iterator[ReadFunction]:
    """Sync functions of the project's own between Django and the handlers, whose result is awaited."""
    dispatch = view.definition.methods.get("dispatch")
    if (
        dispatch is not None
        and not isinstance(dispatch.node, ast.AsyncFunctionDef)
        and not dispatch.owner.startswith("django.")
        and not dispatch.node.decorator_list
    ):
        yield ReadFunction(dispatch.node, dispatch.module, dispatch.owner)
    for applied in [*view.wrappers, *around_dispatch(view)]:
        judgement = judge_one(applied, subject)
        if judgement.effect is Effect.HIDES and judgement.copies and judgement.inner is not None:
            yield judgement.inner


def _early(view: RoutedView, function: ReadFunction) -> Iterator[Problem]:
    imports = visible_imports(function)
    for node in walk_own(function.node):
        if (
            isinstance(node, ast.Return)
            and isinstance(node.value, ast.Call)
            and resolved_name(node.value.func, imports) in _RESPONSES
        ):
            made = dotted_name(node.value.func).rpartition(".")[2]
            yield Problem(
                f"{view.name}: the sync {function.name} answers by {made}(...), which Django awaits, as the view is async: "
                "TypeError, and 500",
                function.module.location_of(node),
                f"Make {function.name} async, and await what it calls, or raise an exception that Django answers.",
                subject=f"{view.name}:{function.name}:{made}",
                related=(Related(view.location, "async view"),),
            )
