"""Whether the text of a module changes, as it is imported, what another module or the environment owns.

Decided from statements alone, before anything of them is interpreted: what may change something counts. A module that is held to
act is interpreted, one that is not waits.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from bridgekit._dataclass import dataclass
from bridgekit.check.python.changes import CHANGING_METHODS
from bridgekit.check.python.tree import children, walk

_SETTERS = CHANGING_METHODS | frozenset(
    [
        "setattr",
        "delattr",
        "setitem",
        "delitem",
        "insort",
        "insort_left",
        "insort_right",
        "heappush",
        "shuffle",
        "exec",
        "eval",
    ]
)
"""Functions that change an argument of theirs, and methods called by their class."""

_WRITERS = frozenset(["load_dotenv", "putenv", "read_dotenv", "read_env", "read_envfile", "unsetenv"])
_TO_MODULES = frozenset(("import_module", "__import__"))
_PASSING = frozenset(("getattr", "vars", *_TO_MODULES))
"""Functions that give what they are handed, or a module."""

_BY_PYTHON = frozenset(
    ("__init__", "__new__", "__post_init__", "__call__", "__init_subclass__", "__set_name__", "__prepare__")
)
"""Methods that Python calls as a class or an object is made."""

_MAX_DEPTH = 3
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

ANYBODY = "*"
"""The owner of what is reached through ``sys.modules`` or ``import_module()``."""

Resolve = Callable[[ast.expr], "Called | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Called:
    """A function or class of another module of the project, and the names of that module's own."""

    definition: ast.FunctionDef | ast.ClassDef
    method: str
    globals: frozenset[str]


class ActingCode:
    """Asks about one module.

    :param foreign: names that stand for what others own.
    :param resolve: what another module of the project defines under an expression.
    """

    def __init__(self, body: Sequence[ast.stmt], foreign: set[str], resolve: Resolve) -> None:
        self._body = body
        self._foreign = foreign
        self._resolve = resolve
        self._own: dict[str, ast.FunctionDef | ast.ClassDef] = {
            node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }

    def acts(self) -> bool:
        """Whether the import of the module changes something beyond it."""
        self._foreign.update(self._other_names())
        return any(self._changes(statement, _MAX_DEPTH) for statement in self._body)

    def _other_names(self) -> set[str]:
        """Names that are given to what others own."""
        found: set[str] = set()
        for node in executed(self._body):
            if isinstance(node, ast.Assign):
                given, targets = node.value, node.targets
            elif isinstance(node, ast.NamedExpr | ast.AnnAssign) and node.value is not None:
                given, targets = node.value, [node.target]
            elif isinstance(node, ast.For | ast.comprehension):
                given, targets = node.iter, [node.target]
            else:
                continue
            if self._gives_foreign(given):
                found.update(
                    name.id for target in targets for name in walk(target) if isinstance(name, ast.Name)
                )
        return found

    def _gives_foreign(self, node: ast.expr) -> bool:
        """Whether what others own may be what an expression gives: what a call returns is taken for the caller's."""
        if isinstance(node, ast.Call) and _last_name(node.func) not in _PASSING:
            return False
        if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict | ast.IfExp | ast.BoolOp | ast.Starred):
            return any(self._gives_foreign(inner) for inner in children(node) if isinstance(inner, ast.expr))
        return self._owns(node)

    def _changes(self, statement: ast.stmt, depth: int) -> bool:
        nodes = list(executed([statement]))
        spared = {id(node.func) for node in nodes if isinstance(node, ast.Call) and _names_the_settings(node)}
        return any(id(node) not in spared and self._changes_by(node, depth) for node in nodes)

    def _changes_by(self, node: ast.AST, depth: int) -> bool:
        if isinstance(node, ast.Attribute | ast.Subscript):
            changing = isinstance(node.ctx, ast.Store | ast.Del) or (
                isinstance(node, ast.Attribute) and node.attr in CHANGING_METHODS | _WRITERS
            )
            return changing and self._owns(node)
        if isinstance(node, ast.AugAssign):
            return isinstance(node.target, ast.Name) and node.target.id in self._foreign
        if isinstance(node, ast.Call):
            return self._calls_for_effect(node, depth)
        if isinstance(node, ast.ClassDef):
            made_by = [*node.decorator_list, *(word.value for word in node.keywords), *node.bases]
            return any(self._runs(one, depth) for one in made_by)
        if isinstance(node, ast.FunctionDef):
            return any(self._runs(one, depth) for one in node.decorator_list)
        return False

    def _owns(self, node: ast.expr) -> bool:
        found = owner(node)
        return found == ANYBODY or found in self._foreign

    def _calls_for_effect(self, node: ast.Call, depth: int) -> bool:
        name = _last_name(node.func)
        called = {name, *map(_last_name, node.args)}  # ``map(setattr, ...)``, ``partial(setattr, ...)``
        if called & _SETTERS and not _names_the_settings(node) and any(map(self._gives_foreign, node.args)):
            return True
        if isinstance(node.func, ast.Name) and name in _WRITERS and name in self._foreign:
            return True
        return self._runs(node.func, depth)

    def _runs(self, function: ast.expr, depth: int) -> bool:
        """Whether a function or class of the project that is called changes something, its own module's names included."""
        if not depth:
            return False
        if isinstance(function, ast.Call):  # a decorator with arguments
            function = function.func
        own = self._own.get(function.id) if isinstance(function, ast.Name) else None
        if own is not None:
            inside = ActingCode(self._body, self._foreign | lent(own), self._resolve)
            return any(inside._changes(inner, depth - 1) for inner in _run_by(own, ""))
        called = self._resolve(function) if owner(function) in self._foreign else None
        return called is not None and changes_own_module(called)


def changes_own_module(called: Called) -> bool:
    """Whether a call changes what the module that defines the function or class keeps."""
    statements = list(_run_by(called.definition, called.method))
    kept = called.globals | lent(called.definition)
    if isinstance(called.definition, ast.ClassDef):
        kept |= {"self", "cls", "mcs"} if called.method else {"cls"}
    for node in executed(statements):
        if isinstance(node, ast.Global):
            return True
        if isinstance(node, ast.Attribute | ast.Subscript):
            changing = isinstance(node.ctx, ast.Store | ast.Del) or (
                isinstance(node, ast.Attribute) and node.attr in CHANGING_METHODS
            )
            if changing and owner(node) in kept:
                return True
        elif (
            isinstance(node, ast.Call)
            and _last_name(node.func) in _SETTERS
            and any(owner(one) in kept for one in node.args)
        ):
            return True
    return False


def lent(definition: ast.FunctionDef | ast.ClassDef) -> set[str]:
    """Names inside that stand for what others own: parameters of a function, and what is imported where it runs."""
    found = {
        (alias.asname or alias.name).partition(".")[0]
        for node in walk(definition)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    if isinstance(definition, ast.FunctionDef):
        given = definition.args
        handed = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
        found.update(one.arg for one in handed if one)
    return found


def _run_by(definition: ast.FunctionDef | ast.ClassDef, method: str) -> Iterator[ast.stmt]:
    """What runs when it is called: a function's body, or one method of a class, or what Python calls as it makes one."""
    if isinstance(definition, ast.FunctionDef):
        yield from definition.body
        return
    for inner in definition.body:
        if isinstance(inner, _FUNCTIONS) and (inner.name == method if method else inner.name in _BY_PYTHON):
            yield from inner.body


def executed(statements: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes that run with the statements: not the bodies of functions, which only define; those of classes do run."""
    waiting: list[ast.AST] = list(reversed(statements))
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, _FUNCTIONS):
            waiting += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        else:
            waiting += children(node)


def owner(node: ast.expr) -> str:
    """The name at the left of a chain, `ANYBODY` for a module that is found by its name; empty where there is none."""
    while True:
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr == "modules"
        ):
            return ANYBODY
        if isinstance(node, ast.Attribute | ast.Subscript | ast.NamedExpr):
            node = node.value
        elif isinstance(node, ast.Call):
            name = _last_name(node.func)
            if name in _TO_MODULES:
                return ANYBODY
            node = node.args[0] if name in ("vars", "getattr") and node.args else node.func
        else:
            return node.id if isinstance(node, ast.Name) else ""


def _names_the_settings(node: ast.Call) -> bool:
    first = node.args[0] if node.args else None
    return isinstance(first, ast.Constant) and first.value == "DJANGO_SETTINGS_MODULE"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
