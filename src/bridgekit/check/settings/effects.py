"""Which statements can matter for a setting: a slice by names, flow-insensitive and so on the safe side.

Used for two things only: to leave questions alone that cannot change MIDDLEWARE, and to forget what a loop may have
changed whose rounds cannot be known.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache

from bridgekit.check.settings.aliases import Aliases
from bridgekit.check.settings.scopes import local_names, names_bound_by

__all__ = ["EVERYTHING", "Slice", "names_changed_by", "names_read_by"]

EVERYTHING = "*"
"""In place of a name: anything may be bound (an import with a star, ``exec``, ``globals()``)."""

_ENDING = "!"
"""In place of a name: the statement may end the settings by an exception."""

_WHOLE_NAMESPACE = frozenset(("globals", "locals", "vars", "exec", "eval", "setattr", "include", "execfile"))


def names_changed_by(statement: ast.stmt, harmless: frozenset[str] = frozenset()) -> frozenset[str]:
    """Names that the statement (with everything in it) may bind, or whose value it may change in place.

    A call may change whatever it is given, the receiver of a method, and what the called function changes: the
    function's name stands for that, as ``name()``. ``harmless`` are names whose calls change nothing.
    """
    return _names_bound(statement) | _names_mutated(statement, harmless)


def _names_bound(statement: ast.stmt) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(statement):
        names.update(names_bound_by(node))
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            names.add(EVERYTHING)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            names.update(node.names)
    return frozenset(names)


def _names_mutated(statement: ast.stmt, harmless: frozenset[str]) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            names.update(_root(node))
        elif isinstance(node, ast.AugAssign):
            names.update(_root(node.target))
        elif isinstance(node, ast.Call):
            names.update(_changed_by_call(node, harmless))
    return frozenset(names)


def _changed_by_call(node: ast.Call, harmless: frozenset[str]) -> Iterator[str]:
    function = node.func
    if isinstance(function, ast.Name):
        if function.id in _WHOLE_NAMESPACE:
            yield EVERYTHING
        if function.id in harmless:
            return
        yield f"{function.id}()"
    elif isinstance(function, ast.Attribute):
        root = next(_root(function), "")
        if function.attr in ("include", "setattr"):
            yield EVERYTHING
        if root in harmless:
            return
        yield root
        yield f"{function.attr}()"
    for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        if isinstance(inner, ast.Name):
            yield inner.id
            if inner.id == "__name__":
                yield EVERYTHING
        elif isinstance(inner, ast.Attribute | ast.Subscript):
            yield from _root(inner)


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


@lru_cache(maxsize=20_000)
def names_read_by(statement: ast.stmt) -> frozenset[str]:
    """Names that the statement may read, attributes by their last part too."""
    return frozenset(_reads(statement))


def _reads(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.name for alias in node.names)
    return names


class Slice:
    """The names that can matter for ``seeds``, over all trees that a run has read."""

    def __init__(self, trees: Iterable[ast.Module], seeds: Iterable[str]) -> None:
        self._flows: list[tuple[frozenset[str], frozenset[str]]] = []
        self._changes: dict[int, frozenset[str]] = {}
        self._answers: dict[int, bool] = {}
        self._owners: dict[int, frozenset[str]] = {}
        self._outward: dict[str, set[str]] = {}
        found = list(trees)
        self._harmless = _standard_imports(found) | _PURE_BUILTINS
        self._aliases = Aliases(found, self._harmless)
        for tree in found:
            self._collect_functions(tree)
        self._close_functions()
        for tree in found:
            self._collect(tree.body, frozenset(), frozenset())
        self.names = self._closure(set(seeds))
        self._kept_names = self._closure({*seeds, _ENDING})
        self._kept: dict[int, bool] = {}

    def matters(self, statement: ast.stmt) -> bool:
        """Whether a question asked in this statement may change a name that matters."""
        answer = self._answers.get(id(statement))
        if answer is None:
            answer = self._answers[id(statement)] = self._matters(statement)
        return answer

    def keeps(self, statement: ast.stmt) -> bool:
        """Whether a run after those names alone must still run the statement: it may also end the settings."""
        answer = self._kept.get(id(statement))
        if answer is None:
            changed = self._changed(statement)
            needed = self._must_run(statement) or self.matters(statement)
            answer = needed or not changed.isdisjoint(self._kept_names)
            self._kept[id(statement)] = answer
        return answer

    def _must_run(self, statement: ast.stmt) -> bool:
        """Definitions and imports cost little, and whatever may end the settings or reach every name has to run."""
        if isinstance(statement, _ALWAYS_RUN):
            return True
        return EVERYTHING in self._changed(statement) or _raises(statement)

    def _matters(self, statement: ast.stmt) -> bool:
        changed = self._changed(statement)
        if EVERYTHING in changed or isinstance(statement, ast.Import | ast.ImportFrom):
            return True
        owners = self._owners.get(id(statement), frozenset())
        return not (changed | owners).isdisjoint(self.names) or _leaves_loop(statement)

    def _changed(self, statement: ast.stmt) -> frozenset[str]:
        """As `names_changed_by`, with calls resolved to what the called functions change outside themselves."""
        known = self._changes.get(id(statement))
        if known is None:
            mutated = self._resolve(_names_mutated(statement, self._harmless))
            known = self._changes[id(statement)] = _names_bound(statement) | mutated
        return known

    def _resolve(self, names: frozenset[str]) -> frozenset[str]:
        """Calls to what they change outside the function, and every name to whatever may be the same object."""
        resolved: set[str] = set()
        for name in names:
            for one in self._outward.get(name, ()) if name.endswith("()") else (name,):
                resolved |= self._aliases.of(one)
        return frozenset(resolved)

    def _collect_functions(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef):
                continue
            inside = local_names(node)
            outward: set[str] = set()
            for inner in node.body:
                outward |= _names_bound(inner) - inside
                for name in _names_mutated(inner, self._harmless):
                    outward |= self._aliases.of(f"{node.name}:{name}" if name in inside else name)
            outward = {name for name in outward if ":" not in name}
            self._outward.setdefault(f"{node.name}()", set()).update(outward)

    def _close_functions(self) -> None:
        growing = True
        while growing:
            growing = False
            for names in self._outward.values():
                for called in [name for name in names if name.endswith("()")]:
                    names.discard(called)
                    more = self._outward.get(called, set())
                    if not more <= names:
                        names |= more
                        growing = True

    def _collect(
        self,
        body: list[ast.stmt],
        guards: frozenset[str],
        owners: frozenset[str],
        owner: str = "",
        loop: frozenset[str] = frozenset(),
    ) -> None:
        """What each statement changes, and what that depends on.

        ``guards`` are the names read by the conditions around it, ``owners`` the functions it stands in, ``owner`` the
        class, ``loop`` what the loop around it changes: a ``break`` decides on that.
        """
        for statement in body:
            inner = owners
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                # A special method runs when its class is used, any other when its name is read.
                inner = owners | {owner if _is_special(statement.name) and owner else statement.name}
            if owners:
                self._owners[id(statement)] = owners
            changed = self._changed(statement)
            leaves = loop if _leaves_loop(statement) else frozenset()
            blocks = [block for block in _blocks(statement) if block]
            if not blocks:
                ending = {_ENDING} if not owners and self._must_run(statement) else frozenset()
                self._flows.append((changed | owners | ending, names_read_by(statement) | guards))
                continue
            tests = guards | _own_reads(statement)
            cls = statement.name if isinstance(statement, ast.ClassDef) else owner
            around = changed if isinstance(statement, ast.For | ast.While) else loop
            for block in blocks:
                self._collect(block, tests, inner, cls, around)
            self._flows.append((changed | owners | leaves, tests))

    def _closure(self, names: set[str]) -> frozenset[str]:
        growing = True
        while growing:
            growing = False
            for changed, reads in self._flows:
                if not reads <= names and (EVERYTHING in changed or not changed.isdisjoint(names)):
                    names |= reads
                    growing = True
        return frozenset(names)


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


_PURE_BUILTINS = frozenset(
    [
        "abs",
        "all",
        "any",
        "bool",
        "dict",
        "enumerate",
        "filter",
        "float",
        "frozenset",
        "getattr",
        "hasattr",
        "int",
        "isinstance",
        "issubclass",
        "len",
        "list",
        "map",
        "max",
        "min",
        "print",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
    ]
)


def _standard_imports(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Names that are bound by imports from the standard library, and by nothing else."""
    names: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(
                    alias.asname or alias.name.partition(".")[0]
                    for alias in node.names
                    if alias.name.partition(".")[0] in sys.stdlib_module_names
                )
            elif isinstance(node, ast.ImportFrom) and _top(node) in _HARMLESS_MODULES:
                names.update(alias.asname or alias.name for alias in node.names)
    return frozenset(names)


_HARMLESS_MODULES = sys.stdlib_module_names - {"operator", "random", "heapq", "bisect"}


def _top(node: ast.ImportFrom) -> str:
    return (node.module or "").partition(".")[0] if node.level == 0 else ""


def _leaves_loop(statement: ast.stmt) -> bool:
    """Whether a branch in it can end or shorten the loop around it."""
    if not isinstance(statement, ast.If | ast.Try | ast.With | ast.Match):
        return False
    return any(isinstance(node, ast.Break | ast.Continue) for node in ast.walk(statement))


_ALWAYS_RUN = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Break,
    ast.Continue,
    ast.Return,
)

_ENVIRONMENT_WRITERS = frozenset(
    ["setdefault", "update", "putenv", "read_env", "read_envfile", "load_dotenv", "read_dotenv"]
)


def _last(node: ast.expr) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@lru_cache(maxsize=20_000)
def _raises(statement: ast.stmt) -> bool:
    """Whether the settings may end here, or change the environment that others read."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Raise | ast.Assert):
            return True
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Store)
            and "environ" in _last(node.value)
        ):
            return True
        if isinstance(node, ast.Call) and _last(node.func) in _ENVIRONMENT_WRITERS:
            return True
    return False


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    found = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
    found += [handler.body for handler in getattr(statement, "handlers", [])]
    found += [case.body for case in getattr(statement, "cases", [])]
    return found


def _own_reads(statement: ast.stmt) -> frozenset[str]:
    """Names read by the head of a compound statement."""
    names: set[str] = set()
    for field, value in ast.iter_fields(statement):
        if field in ("body", "orelse", "finalbody", "handlers"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.match_case):
                part = part.pattern
            if isinstance(part, ast.AST):
                names.update(_reads(part))
    return frozenset(names)
