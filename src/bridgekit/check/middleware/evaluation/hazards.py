"""Names whose value is not what their binding says: changed in place, or bound from somewhere else.

Told from the syntax of the whole scope, nested functions included. A list, dict or set is known only as long as all that is done
with its name reads it: whatever else gets hold of it may change it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import field
from weakref import WeakKeyDictionary

from bridgekit._dataclass import dataclass
from bridgekit.check.middleware.evaluation.syntax import root_name
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.changes import CHANGING_METHODS, KEEPING_BUILTINS
from bridgekit.check.python.tree import children, walk

_READING_METHODS = frozenset(
    [
        "copy",
        "count",
        "endswith",
        "format",
        "get",
        "index",
        "items",
        "join",
        "keys",
        "lower",
        "split",
        "startswith",
        "strip",
        "upper",
        "values",
    ]
)
"""Methods that leave their receiver and their arguments as they are. What they hand out may be a part of it."""
_HANDING_OUT = frozenset(("getattr", "iter", "map", "filter", "zip", "enumerate", "reversed"))
"""Functions that leave their arguments alone, and give something that still leads to them."""
_LOGGING = frozenset(
    ("debug", "info", "warning", "error", "exception", "copy", "deepcopy", "isinstance", "print")
)

Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


_changed: WeakKeyDictionary[ast.AST, dict[str, ast.AST]] = WeakKeyDictionary()
_called: WeakKeyDictionary[ast.AST, dict[str, ast.AST]] = WeakKeyDictionary()
_handed_on: WeakKeyDictionary[ast.AST, dict[str, ast.AST]] = WeakKeyDictionary()
_bound_inside: WeakKeyDictionary[ast.AST, dict[str, ast.AST]] = WeakKeyDictionary()
_filled: WeakKeyDictionary[ast.Module, dict[str, ast.AST]] = WeakKeyDictionary()


def changed_names(scope: Scope) -> Mapping[str, ast.AST]:
    """Names to whose object something else than reading happens in a scope; found once for each tree."""
    found = _changed.get(scope)
    if found is None:
        found = _changed[scope] = {}
        parents = parents_of(scope)
        for node in walk(scope):
            match node:
                case ast.Name(id=name, ctx=ast.Load()) if name not in found and not reads(node, parents):
                    found[name] = node
                case ast.NamedExpr(target=ast.Name(id=name)) if not reads(node, parents):
                    found.setdefault(name, node)
                case ast.Assign(targets=[_, _, *_]):  # several names for one object
                    names = [part.id for part in walk(node) if isinstance(part, ast.Name)]
                    found.update(dict.fromkeys(names, node))
                case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                    found.setdefault(root_name(node), node)
    return found


def called_names(scope: Scope) -> Mapping[str, ast.AST]:
    """Names whose object is called, iterated over or worked with: where it has hooks of its own, these run."""
    found = _called.get(scope)
    if found is None:
        found = _called[scope] = {}
        parents = parents_of(scope)
        for node in walk(scope):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and _runs_hooks(node, parents):
                found.setdefault(node.id, node)
    return found


def _runs_hooks(node: ast.Name, parents: Mapping[ast.AST, ast.AST]) -> bool:
    match parents.get(node):
        case ast.Call(func=func):
            return func is node
        case ast.Compare(ops=ops):
            return not all(isinstance(operation, ast.Is | ast.IsNot) for operation in ops)
        case ast.Subscript(value=value):
            return value is node
        case (
            ast.BinOp()
            | ast.UnaryOp()
            | ast.For()
            | ast.comprehension()
            | ast.withitem()
            | ast.FormattedValue()
            | ast.Starred()
        ):
            return True
        case _:
            return False


def handed_on_names(scope: Scope) -> Mapping[str, ast.AST]:
    """Names whose elements, too, may get elsewhere: all that does more than compare them, or look at one."""
    found = _handed_on.get(scope)
    if found is None:
        parents = parents_of(scope)
        found = _handed_on[scope] = {
            node.id: node
            for node in walk(scope)
            if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and not isinstance(parents.get(node), ast.Compare)
        }
    return found


def rebound_names(scope: Scope) -> Mapping[str, ast.AST]:
    """Names that functions and classes inside a scope bind anew; found once for each tree."""
    found = _bound_inside.get(scope)
    if found is None:
        declares = (
            traits(scope).declares
            if isinstance(scope, ast.Module)
            else any(isinstance(node, ast.Nonlocal) for node in walk(scope))
        )
        found = _bound_inside[scope] = dict(_rebound(scope)) if declares else {}
    return found


@dataclass(slots=True)
class _Traits:
    """What one walk over a module tells: most modules do nothing of the kind, and are not walked again."""

    declares: bool = False
    writes: bool = False
    """Whether a name stands in it that may lead to its namespace."""
    replaced: dict[str, ast.AST] = field(default_factory=dict)
    refuses: bool = False
    """Whether it names ``MiddlewareNotUsed``."""


NOT_USED = "MiddlewareNotUsed"

NAMESPACES = frozenset(("exec", "eval", "execfile", "globals", "locals", "vars", "__import__"))

_TO_NAMESPACES = frozenset(
    ("modules", "import_module", "f_globals", "f_locals", "__globals__", "get_objects", "get_referrers")
)

_known_traits: WeakKeyDictionary[ast.Module, _Traits] = WeakKeyDictionary()


def traits(tree: ast.Module) -> _Traits:
    found = _known_traits.get(tree)
    if found is None:
        found = _known_traits[tree] = _Traits()
        for node in walk(tree):
            kind = type(node)
            if kind is ast.Name:
                found.writes = found.writes or node.id in NAMESPACES  # type: ignore[attr-defined]  # a name
            elif kind is ast.Attribute:
                _note_attribute(node, found)  # type: ignore[arg-type]  # as it says
            elif kind is ast.Call:
                _note_call(node, found)  # type: ignore[arg-type]  # as it says
            elif kind is ast.Global:
                found.declares = True
            elif kind is ast.alias:
                found.refuses = found.refuses or node.name == NOT_USED  # type: ignore[attr-defined]  # of an import
    return found


def _note_attribute(node: ast.Attribute, found: _Traits) -> None:
    if isinstance(node.ctx, ast.Load):
        found.writes = found.writes or node.attr in _TO_NAMESPACES
        found.refuses = found.refuses or node.attr == NOT_USED
    elif not (isinstance(node.value, ast.Name) and node.value.id == "self"):
        found.replaced.setdefault(node.attr, node)


def _note_call(node: ast.Call, found: _Traits) -> None:
    match node:
        case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[_, ast.Constant(value=str(name)), *_]):
            found.replaced.setdefault(name, node)
        case ast.Call(func=func, args=[ast.Constant(value=str(path)), *_]) if last_name(func) == "patch":
            found.replaced.setdefault(path.rpartition(".")[2], node)


def filled_attributes(module: SourceModule) -> Mapping[str, ast.AST]:
    """Names of attributes whose list, dict or set the module may change in place, on whatever object: ``x.seen.add(...)``."""
    if module.tree is None:
        return {}
    found = _filled.get(module.tree)
    if found is None:
        found = _filled[module.tree] = {}
        parents = parents_of(module.tree)
        for node in walk(module.tree):
            match node:
                case ast.Attribute(attr=name, ctx=ast.Load()) if not reads(node, parents):
                    found.setdefault(name, node)
                case ast.Subscript(value=ast.Attribute(attr=name), ctx=ast.Store() | ast.Del()):
                    found.setdefault(name, node)
                case ast.AugAssign(target=ast.Attribute(attr=name)):
                    found.setdefault(name, node)
    return found


def replaced_attributes(module: SourceModule) -> Mapping[str, ast.AST]:
    """Names of attributes that code sets on anything but ``self``, or deletes: ``cls.count += 1``, ``json.loads = ...``."""
    return traits(module.tree).replaced if module.tree is not None else {}


def set_inside(module: SourceModule, function: str, attribute: str) -> ast.AST | None:
    """Where code in a function sets an attribute of a function of the module, when it is called: ``count.calls += 1``."""
    if replaced_attributes(module).get(attribute) is None or module.tree is None:
        return None
    for inner in walk(module.tree):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in walk(inner):
                match node:
                    case ast.Attribute(attr=attr, value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                        if attr == attribute and name == function and inner.name == function:
                            return node
    return None


def parents_of(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in walk(tree) for child in children(node)}


def reads(node: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether all that happens to the value of an expression is that it, or a part of it, is looked at."""
    while True:
        around = parents.get(node)
        match around:
            case (
                ast.Compare() | ast.FormattedValue() | ast.Expr() | ast.Assert() | ast.BinOp() | ast.UnaryOp()
            ):
                return True
            case ast.If(test=test) | ast.While(test=test) if test is node:
                return True
            case ast.IfExp(test=test):
                if test is node:
                    return True
                node = around
            case ast.BoolOp():
                node = around
            case ast.For(iter=items) | ast.AsyncFor(iter=items) | ast.comprehension(iter=items):
                return items is node
            case ast.Starred():
                return True
            case ast.Subscript(ctx=ast.Load()):
                return True  # as an index, or for one of its items: what holds others is `handed_on_names`' affair
            case ast.Attribute(attr=name, ctx=ast.Load()):
                call = parents.get(around)
                if not (isinstance(call, ast.Call) and call.func is around):
                    if name in CHANGING_METHODS:
                        return False
                    node = around
                else:
                    return name in _READING_METHODS
            case ast.Call(func=func):
                if func is node:
                    return True
                return last_name(func) in (KEEPING_BUILTINS - _HANDING_OUT) | _LOGGING | _READING_METHODS
            case ast.keyword():
                call = parents.get(around)
                # dict(a=x) holds x, where dict(x) holds its items.
                keeping = KEEPING_BUILTINS - _HANDING_OUT - {"dict"}
                return isinstance(call, ast.Call) and last_name(call.func) in keeping
            case _:
                return False


def last_name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _rebound(scope: Scope) -> Iterator[tuple[str, ast.AST]]:
    """Names that code inside ``scope`` declares ``global`` (for a module) or ``nonlocal``, and binds."""
    kind = ast.Global if isinstance(scope, ast.Module) else ast.Nonlocal
    for inner in walk(scope):
        if inner is scope or not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        declared = {name for node in walk(inner) if isinstance(node, kind) for name in node.names}
        if not declared:
            continue
        for node in walk(inner):
            if (
                isinstance(node, ast.Name)
                and isinstance(node.ctx, ast.Store | ast.Del)
                and node.id in declared
            ):
                yield node.id, node
