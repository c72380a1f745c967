"""Which statements can matter for a setting: a slice by names, flow-insensitive and so on the safe side.

Used to leave alone what cannot change MIDDLEWARE: questions that such statements ask, and the statements themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from bridgekit.check.python.scopes import local_names
from bridgekit.check.python.tree import walk
from bridgekit.check.settings.slicing.aliases import Aliases
from bridgekit.check.settings.slicing.effects import (
    EVERYTHING,
    may_end_settings,
    names_bound_by_any,
    names_bound_in,
    names_in,
    names_mutated_by_any,
    names_mutated_in,
    names_read_by,
    nodes_apart,
)
from bridgekit.check.settings.slicing.side_effect_free_calls import side_effect_free_names

_ENDING = "!"
"""In place of a name: the statement may end the settings by an exception."""

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


class Slice:
    """The names that can matter for ``seeds``, over all trees that a run has read."""

    def __init__(self, trees: Iterable[ast.Module], seeds: Iterable[str]) -> None:
        self._flows: list[tuple[frozenset[str], frozenset[str]]] = []
        self._changes: dict[int, frozenset[str]] = {}
        self._answers: dict[int, bool] = {}
        self._owners: dict[int, frozenset[str]] = {}
        self._outward: dict[str, set[str]] = {}
        found = list(trees)
        self._side_effect_free = side_effect_free_names(found)
        self._aliases = Aliases(found, self._side_effect_free)
        seeds = frozenset(seeds)
        for tree in found:
            self._collect_functions(tree)
        self._close_functions()
        self._breaks: dict[int, bool] = {}
        for tree in found:
            self._collect_changes(tree)
        for tree in found:
            self._collect(tree.body, frozenset(), frozenset())
        self._seeds = seeds
        self._guarding = frozenset().union(
            *(reads for changed, reads in self._flows if not changed.isdisjoint(self._seeds))
        )
        self.names = self._closure(set(seeds))
        self._kept_names = self._closure({*seeds, _ENDING})
        self._kept: dict[int, bool] = {}

    def matters(self, statement: ast.stmt) -> bool:
        """Whether a question asked in this statement may change a name that matters."""
        answer = self._answers.get(id(statement))
        if answer is None:
            answer = self._answers[id(statement)] = self._matters(statement)
        return answer

    def distance(self, statement: ast.stmt) -> int:
        """How far the statement is from the seeds: it changes one (0), what such a change reads (1), or anything else (2)."""
        changed = self._changed(statement)
        if not changed.isdisjoint(self._seeds):
            return 0
        return 2 if changed.isdisjoint(self._guarding) else 1

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
        return EVERYTHING in self._changed(statement) or may_end_settings(statement)

    def _matters(self, statement: ast.stmt) -> bool:
        changed = self._changed(statement)
        # No question is asked in a `pass`: it stands for what is run beyond the source, as the hooks of a configuration.
        if EVERYTHING in changed or isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass):
            return True
        owners = self._owners.get(id(statement), frozenset())
        return not (changed | owners).isdisjoint(self.names) or self._leaves_loop(statement)

    def _changed(self, statement: ast.stmt) -> frozenset[str]:
        """As `names_changed_by`, with calls resolved to what the called functions change outside themselves."""
        known = self._changes.get(id(statement))
        if known is None:
            mutated = self._resolve(names_mutated_in(statement, self._side_effect_free))
            known = self._changes[id(statement)] = names_bound_in(statement) | mutated
        return known

    def _collect_changes(self, tree: ast.Module) -> None:
        """What `_changed` answers, from the innermost statements outwards: a long chain of ``elif`` is as many levels deep, and
        would be walked as many times over."""
        statements = [node for node in walk(tree) if isinstance(node, ast.stmt)]
        for statement in reversed(statements):
            nodes, nested = nodes_apart(statement)
            mutated = self._resolve(names_mutated_by_any(nodes, self._side_effect_free))
            changed = names_bound_by_any(nodes) | mutated
            self._changes[id(statement)] = changed.union(*(self._changes[id(inner)] for inner in nested))
            leaves = isinstance(statement, ast.Break | ast.Continue)
            self._breaks[id(statement)] = leaves or any(self._breaks[id(inner)] for inner in nested)

    def _leaves_loop(self, statement: ast.stmt) -> bool:
        """Whether a branch in it can end or shorten the loop around it."""
        if not isinstance(statement, ast.If | ast.Try | ast.TryStar | ast.With | ast.Match):
            return False
        known = self._breaks.get(id(statement))
        if known is None:
            known = any(isinstance(node, ast.Break | ast.Continue) for node in walk(statement))
        return known

    def _resolve(self, names: frozenset[str]) -> frozenset[str]:
        """Calls to what they change outside the function, and every name to whatever may be the same object."""
        resolved: set[str] = set()
        for name in names:
            for one in self._outward.get(name, ()) if name.endswith("()") else (name,):
                resolved |= self._aliases.of(one)
        return frozenset(resolved)

    def _collect_functions(self, tree: ast.Module) -> None:
        for node in walk(tree):
            if not isinstance(node, ast.FunctionDef):
                continue
            inside = local_names(node)
            outward: set[str] = set()
            for inner in node.body:
                outward |= names_bound_in(inner) - inside
                for name in names_mutated_in(inner, self._side_effect_free):
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
            leaves = loop if self._leaves_loop(statement) else frozenset()
            blocks = [block for block in _blocks(statement) if block]
            if not blocks:
                ending = {_ENDING} if not owners and self._must_run(statement) else frozenset()
                self._flows.append((changed | owners | ending, names_read_by(statement) | guards))
                continue
            tests = guards | _own_reads(statement) | _raises_by(statement)
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


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    found = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
    found += [handler.body for handler in getattr(statement, "handlers", [])]
    found += [case.body for case in getattr(statement, "cases", [])]
    return found


def _raises_by(statement: ast.stmt) -> frozenset[str]:
    """Names read where an exception would be caught: on them it hangs how far the body comes, and which handler runs."""
    if not isinstance(statement, ast.Try | ast.TryStar | ast.With | ast.AsyncWith):
        return frozenset()
    return frozenset().union(*(names_read_by(inner) for inner in statement.body))


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
                names.update(names_in(part))
    return frozenset(names)
