"""Which events of a walk block the event loop: calls, queries, the lazy user and the session."""

from __future__ import annotations

from enum import Enum

from bridgekit._dataclass import dataclass
from bridgekit.check.reach import Event
from bridgekit.check.reach.interpreter import CALLED, CROSSINGS
from bridgekit.check.reach.values import Const, External
from bridgekit.check.rules._blocking_calls import (
    BLOCKING_CALLS,
    CACHE_VERBS,
    CONNECTING,
    MAIL_CALLS,
    QUERYING_CALLS,
    SITE,
)

_CLIENT = "an asynchronous HTTP client"
_METHODS = {
    **{
        f"{client}.{verb}": _CLIENT
        for client in ("requests.Session", "requests.session", "requests.sessions.Session", "httpx.Client")
        for verb in ("get", "post", "put", "patch", "delete", "head", "options", "request", "send")
    },
    "subprocess.Popen.wait": "asyncio.create_subprocess_exec",
    "subprocess.Popen.communicate": "asyncio.create_subprocess_exec",
    "os.popen.read": "asyncio.create_subprocess_shell",
    "urllib.request.build_opener.open": _CLIENT,
    "http.client.HTTPConnection.request": _CLIENT,
    "http.client.HTTPSConnection.request": _CLIENT,
    "http.client.HTTPConnection.getresponse": _CLIENT,
    "http.client.HTTPSConnection.getresponse": _CLIENT,
    "urllib3.PoolManager.request": _CLIENT,
    "httpx.stream": _CLIENT,
    "threading.Event.wait": "asyncio.Event",
    "threading.Thread.join": "asyncio.to_thread",
    "concurrent.futures.ThreadPoolExecutor.submit.result": "asyncio.wrap_future",
    "concurrent.futures.ProcessPoolExecutor.submit.result": "asyncio.wrap_future",
}
_CURSORS = frozenset(
    {"cursor", "ensure_connection", "connect", "commit", "rollback", "close", "get_autocommit"}
)
_INTROSPECTION = frozenset(
    {"django_table_names", "get_constraints", "get_relations", "get_table_description", "table_names"}
)
_NO_TWIN = frozenset(
    {"create_superuser", "create_user", "get_by_natural_key", "get_current", "get_for_id", "get_for_model", "get_for_models",
     "get_object", "is_valid"}
)  # fmt: skip
"""Methods that query, and have no asynchronous twin."""
_SESSION_METHODS = frozenset(
    [
        "clear", "cycle_key", "flush", "get", "get_expire_at_browser_close", "get_expiry_age", "get_expiry_date", "has_key",
        "items", "keys", "pop", "save", "set_expiry", "set_test_cookie", "setdefault", "test_cookie_worked", "update", "values",
        "create", "delete", "load", "exists", "delete_test_cookie",
    ]
)  # fmt: skip
_USER_VERBS = frozenset(
    [
        "attribute",
        "truth",
        "text",
        "compare",
        "iterate",
        "contains",
        "item",
        "length",
        "type",
        "store attribute",
        "operate",
    ]
)
_SET_VERBS = {
    "iterate": ("iteration over a query set", "async for"),
    "length": ("iteration over a query set", "async for"),
    "truth": ("the truth of a query set", "await ... .aexists()"),
    "contains": ("membership in a query set", "await ... .acontains(...)"),
    "item": ("an item of a query set", "await ... .afirst()"),
    "text": ("the text of a query set", "async for"),
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What the settings make of reading these. ``caches``: aliases of caches in the database."""

    session_queries: bool
    caches: frozenset[str]
    sites_queries: bool
    user_queries: bool = True
    mail_blocks: bool = False
    """Whether sending mail talks to a mail server."""


class Kind(Enum):
    """What happens there on the event loop."""

    CALL = "call"
    """It blocks, and nothing else reports it."""
    QUERY = "query"
    """Django raises SynchronousOnlyOperation."""
    LAZY = "lazy"
    """So it does where the user or the session is read first."""
    LOOP = "loop"
    """It wants to run a loop where one runs: RuntimeError."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """What blocks, how it stands at the end of a path, and what to use instead."""

    what: str
    last: str
    instead: str
    kind: Kind = Kind.QUERY

    @property
    def remedy(self) -> str:
        """What to do, as a sentence."""
        also = "" if self.instead.startswith("sync_to_async") else ", or sync_to_async"
        return f"Use {self.instead}{also}."


def blocked(event: Event, situation: Situation) -> Blocked | None:
    """What an event on the loop is, if it blocks."""
    value = event.value
    if event.verb == "call":
        return _call(event, situation)
    if event.verb == "query":
        verb = event.name.rpartition(".")[2]
        instead = "sync_to_async" if verb in _NO_TWIN or not event.name else f"await ... .a{verb}()"
        return Blocked(f"synchronous query .{verb}()", event.name.lstrip("."), instead)
    if event.verb == "enter" and event.name == "django.db.transaction.atomic":
        return Blocked(
            "transaction.atomic()", "transaction.atomic", "sync_to_async around the whole transaction"
        )
    if not isinstance(value, External):
        return None
    if value.kind == "@user" and situation.user_queries and event.verb in _USER_VERBS:
        attribute = f".{event.name}" if event.verb == "attribute" and event.name else ""
        what = f"request.user{attribute}"
        return Blocked(what, what, "await request.auser()", Kind.LAZY)
    if value.kind == "@session" and situation.session_queries and _reads_session(event):
        return Blocked(
            "request.session access",
            "request.session",
            "the session's asynchronous methods (aget, aset, ...)",
            Kind.LAZY,
        )
    if value.kind == "@queryset" and event.verb in _SET_VERBS:
        what, instead = _SET_VERBS[event.verb]
        if event.verb == "item" and event.name == "slice":
            return None
        return Blocked(what, what.rpartition(" of ")[0] or "a query set", instead)
    return None


def _reads_session(event: Event) -> bool:
    if event.verb == "method":
        return event.name in _SESSION_METHODS
    return event.verb in ("item", "store item", "delete item", "contains", "iterate")


def _call(event: Event, situation: Situation) -> Blocked | None:
    name = event.name
    if name in BLOCKING_CALLS or name in _METHODS:
        instead = BLOCKING_CALLS.get(name) or _METHODS[name]
        return Blocked(f"blocking call {name}()", name, instead, Kind.CALL)
    if (name in CONNECTING and event.arguments) or (name in MAIL_CALLS and situation.mail_blocks):
        return Blocked(
            f"blocking call {name}()", name, f"sync_to_async({name.rpartition('.')[2]})", Kind.CALL
        )
    if name in QUERYING_CALLS:
        return Blocked(f"synchronous query by {name}()", name, QUERYING_CALLS[name])
    if name in CROSSINGS:
        instead = "await on the coroutine itself: on the loop's thread this raises RuntimeError"
        shown = name.replace("@loop", "loop").removesuffix(f".{CALLED}")
        return Blocked(f"{shown}()", shown, instead, Kind.LOOP)
    owner, _, verb = name.rpartition(".")
    if owner == "django.db.connection" and verb in _CURSORS:
        return Blocked(
            f"synchronous query by {name}()", f"connection.{verb}", "sync_to_async around the whole query"
        )
    if owner == "django.db.connection.introspection" and verb in _INTROSPECTION:
        return Blocked(
            f"synchronous query by {name}()", f"introspection.{verb}", "sync_to_async around the whole query"
        )
    if name == SITE and situation.sites_queries:
        return Blocked(
            f"synchronous query by {name}()", "get_current_site", "the site's domain from the settings"
        )
    alias = _cache_of(event, owner)
    if alias in situation.caches and verb in CACHE_VERBS:
        return Blocked(
            f"cache.{verb}() of a cache in the database", f"cache.{verb}", f"await cache.a{verb}(...)"
        )
    return None


def _cache_of(event: Event, owner: str) -> str:
    """The alias of the cache whose method is called; empty for anything else."""
    if owner == "django.core.cache.cache":
        return "default"
    receiver = getattr(event.value, "receiver", None)
    if owner == "@cache" and isinstance(receiver, External) and receiver.arguments:
        alias = receiver.arguments[0]
        return alias.value if isinstance(alias, Const) and isinstance(alias.value, str) else ""
    return ""
