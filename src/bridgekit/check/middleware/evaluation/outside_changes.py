"""What other modules of the project do to a class, a function or a module's names: ``layers.Audit.async_capable = True`` in
``apps.py``.

Which of them run, and before what, is not followed: what one of them may set is unknown, with the line that sets it. Files are
parsed only if their bytes hold the name and what it would be set on.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import ModuleValue, Unknown
from bridgekit.check.middleware.evaluation.attribute_setters import attribute_target, texts_of
from bridgekit.check.middleware.evaluation.class_bodies import ASKED
from bridgekit.check.middleware.evaluation.hazards import last_name, parents_of, reads
from bridgekit.check.middleware.evaluation.import_names import ImportedNames
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.syntax import root_name
from bridgekit.check.middleware.evaluation.values import ClassValue, FunctionValue, Value
from bridgekit.check.modules.imported import imports_module
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk
from bridgekit.middleware_chain.facts import Location

_COMPUTING = (b"setattr", b"delattr", b"__dict__", b"vars(")
_LEADING = (
    b"sys.modules",
    b"__subclasses__",
    b"get_objects",
    b"import_module",
    b"import_string",
    b"__globals__",
)
"""What leads to classes that are not named."""
_NO_OWNERS = frozenset(("self", "request", "response"))
"""Names that, where attributes are set through them, are no class, function or module."""

_TO_MODULES = frozenset(("__import__", "import_module", "importlib", "sys"))

_Key = tuple[str, str, str]


class OutsideChanges:
    """Answers for one evaluator, each found once."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._found: dict[_Key, list[Unknown]] = {}
        self._changed: dict[_Key, Unknown | None] = {}
        self._computed: dict[tuple[str, str], list[tuple[SourceModule, ast.AST]]] = {}
        self._imported: dict[SourceModule, ImportedNames] = {}

    def of_definition(self, value: ClassValue | FunctionValue, name: str) -> Unknown | None:
        """Why an attribute of a class or function of a module's top level is not what its own module says."""
        defined = getattr(value.node, "name", "")
        found = self._set(value.frame.module, defined, name) if defined else []
        # What the value brings with it was followed there: one place that sets it is that one.
        return found[0] if len(found) > (name in value.attributes) else None

    def of_module(self, module: SourceModule, name: str) -> Unknown | None:
        """Why a name of a module is not what its own code binds."""
        return next(iter(self._set(module, "", name)), None)

    def in_place(self, module: SourceModule, name: str, *, is_object: bool) -> Unknown | None:
        """Why a list, dict, set or object that a module's name stands for is not what its own code makes it."""
        key = (module.name, name, "object" if is_object else "data")
        if key not in self._changed:
            self._changed[key] = None
            self._changed[key] = next(self._changes(module, name, is_object=is_object), None)
        return self._changed[key]

    def _set(self, module: SourceModule, defined: str, name: str) -> list[Unknown]:
        key = (module.name, defined, name)
        if key not in self._found:
            self._found[key] = []  # while it is looked for, nothing is known of it
            self._found[key] = list(self._settings(module, defined, name))
        return self._found[key]

    def _settings(self, module: SourceModule, defined: str, name: str) -> Iterator[Unknown]:
        yield from self._left_out(name)
        last = module.name.rpartition(".")[2]
        text = name.encode()
        spellings = [b".%b" % text, b'"%b"' % text, b"'%b'" % text]
        naming = {defined or last: spellings}
        if defined and name in ASKED:
            naming[name] = [last.encode()]  # found in the module by a loop, say, and named nowhere
        for other in self._others_of(module, naming):
            if _is_passed_over(other):
                yield self._may_set(name, other, None)
            for node, attribute, owner in self._targets(other):
                if attribute == name and self._is_meant(owner, node, other, module, defined):
                    yield self._may_set(name, other, node)
        for other, node in self._by_leading_there(module, name) if name in ASKED else ():
            yield self._may_set(name, other, node)
        for other, node in self._computing(module, defined) if not defined or name in ASKED else ():
            yield self._may_set(name, other, node)

    def _by_leading_there(self, module: SourceModule, name: str) -> Iterator[tuple[SourceModule, ast.AST]]:
        """Where a module that this one imports sets the flag on what it finds without naming it: in ``sys.modules``, among subclasses."""
        for other in self._others(module, name, partial(_holds, _LEADING)):
            if not other.name or not imports_module(module, other.name):
                continue
            names = self._names_of(other)
            for node, attribute, owner in self._targets(other):
                root = root_name(owner)
                if (
                    attribute == name
                    and root not in _NO_OWNERS
                    and not names.defines(root)
                    and names.value(owner) is None
                ):
                    yield other, node

    def _left_out(self, name: str) -> Iterator[Unknown]:
        path = self.evaluator.finder.own.left_out
        if path:
            yield Unknown(
                f"{name} may be set by files that are left out: too large, too many in all, not readable, or not read in time",
                Location(path, 1),
            )

    def _computing(self, module: SourceModule, defined: str) -> list[tuple[SourceModule, ast.AST]]:
        """Where other modules set attributes of it under names that only a run can tell."""
        key = (module.name, defined)
        found = self._computed.get(key)
        if found is None:
            found = self._computed[key] = []
            for other in self._others(
                module, defined or module.name.rpartition(".")[2], partial(_holds, _COMPUTING)
            ):
                if other.tree is not None:
                    found += [
                        (other, node)
                        for node, attribute, owner in self._targets(other)
                        if attribute is None
                        and (defined or self._leads_to_modules(owner, other))
                        and self._is_meant(owner, node, other, module, defined)
                    ]
        return found

    def _others(
        self, module: SourceModule, word: str, is_asked: Callable[[bytes], bool]
    ) -> Iterator[SourceModule]:
        """The project's other modules in whose text the word stands, parsed where the text is what is asked for."""
        finder = self.evaluator.finder
        for path in finder.own.naming(word):
            if path != module.path and is_asked(finder.own.content(path)):
                name = finder.name_of(path)
                found = finder.load(name) if name else None
                # Under a name that another root comes first for, or that a template's folder makes up, there is another module, or none.
                yield found if found is not None and found.path == path else finder.load_file(path)

    def _others_of(self, module: SourceModule, naming: Mapping[str, list[bytes]]) -> Iterator[SourceModule]:
        """The project's other modules in which one of the words stands, and what is asked for beside it."""
        found: dict[str, SourceModule] = {}
        for word, spellings in naming.items():
            for other in self._others(module, word, partial(_holds, spellings)):
                found.setdefault(other.path, other)
        yield from found.values()

    @staticmethod
    def _targets(module: SourceModule) -> Iterator[tuple[ast.AST, str | None, ast.expr]]:
        if module.tree is None:
            return
        texts = texts_of(module.tree)
        for node in walk(module.tree):
            target = attribute_target(node, texts)
            if target is not None:
                yield node, *target

    def _is_meant(
        self, owner: ast.expr, node: ast.AST, other: SourceModule, module: SourceModule, defined: str
    ) -> bool:
        """Whether what is set an attribute on may be the module, or what it defines under a name."""
        names = self._names_of(other)
        root = root_name(owner)
        if root in _NO_OWNERS or names.defines(root):
            return False
        value = names.value(owner)
        if value is not None:
            return any(_is(option, module, defined) for option in options(value))
        handing = _functions_with(root, node, other)
        if handing is not None:
            return any(self._is_handed(function, other, module, defined) for function in handing)
        return names.mentions(module.name, defined)

    def _is_handed(self, function: str, where: SourceModule, module: SourceModule, defined: str) -> bool:
        """Whether a function of a module, called anywhere in it or in one that names it, may be handed what is meant."""
        for other in (where, *self._others(where, function, lambda content: True)):
            if other is module:
                continue  # what a module does to its own classes is read there
            names = self._names_of(other)
            for node in walk(other.tree) if other.tree is not None else ():
                if isinstance(node, ast.Call) and function in (root_name(node.func), last_name(node.func)):
                    for argument in node.args:
                        value = names.value(argument)
                        if value is not None:
                            if any(_is(option, module, defined) for option in options(value)):
                                return True
                        elif names.binds(root_name(argument)) and names.mentions(module.name, defined):
                            return True
        return False

    def _leads_to_modules(self, owner: ast.expr, other: SourceModule) -> bool:
        """Whether it is a module by the imports, or found by its name: any object's attributes are set under computed names."""
        value = self.imported(owner, other)
        return isinstance(value, ModuleValue) or root_name(owner) in _TO_MODULES

    def imported(self, node: ast.expr, module: SourceModule) -> Value | None:
        """What an expression stands for in a module by its imports; None where it is none of theirs."""
        return self._names_of(module).value(node)

    def _names_of(self, module: SourceModule) -> ImportedNames:
        found = self._imported.get(module)
        if found is None:
            found = self._imported[module] = ImportedNames(self.evaluator, module)
        return found

    def _changes(self, module: SourceModule, name: str, *, is_object: bool) -> Iterator[Unknown]:
        yield from self._left_out(name)
        last = module.name.rpartition(".")[2].encode()
        for other in self._others(module, name, lambda content: last in content):
            if _is_passed_over(other):
                yield self._may_change(name, other, None)
            if other.tree is None:
                continue
            names = self._names_of(other)
            local = set(names.standing_for(module.name, name))
            parents = parents_of(other.tree)
            for node in walk(other.tree):
                match node:
                    case ast.Name(id=used, ctx=ast.Load()) if used in local:
                        is_meant = True
                    case ast.Attribute(attr=used, value=owner, ctx=ast.Load()) if used == name:
                        value = names.value(owner)
                        is_meant = isinstance(value, ModuleValue) and value.name == module.name
                    case _:
                        continue
                if is_meant and not _only_read(node, parents, is_object=is_object):
                    yield self._may_change(name, other, node)

    def _may_set(self, name: str, other: SourceModule, node: ast.AST | None) -> Unknown:
        return Unknown(f"{name} may be set by the module {other.name or other.path}", other.location_of(node))

    def _may_change(self, name: str, other: SourceModule, node: ast.AST | None) -> Unknown:
        return Unknown(
            f"{name} may be changed by the module {other.name or other.path}", other.location_of(node)
        )


def _is_passed_over(module: SourceModule) -> bool:
    """Whether a module is too large to be parsed, and runs all the same; one that Python cannot parse sets nothing."""
    return module.tree is None and not module.error_line


def _functions_with(root: str, node: ast.AST, module: SourceModule) -> list[str] | None:
    """The functions, from the outermost, around a node that sets an attribute on a parameter; empty for a method's own object or
    class, None where it is no parameter."""
    if module.tree is None:
        return None
    parents = parents_of(module.tree)
    around: list[ast.AST] = []
    inner = parents.get(node)
    while inner is not None:
        around.append(inner)
        inner = parents.get(inner)
    functions = [one for one in around if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        if root in [one.arg for one in parameters]:
            of_class = isinstance(parents.get(function), ast.ClassDef)
            is_first = parameters[0].arg == root
            return [] if of_class and is_first else list({function.name, functions[-1].name})
    return None


def _only_read(node: ast.Name | ast.Attribute, parents: dict[ast.AST, ast.AST], *, is_object: bool) -> bool:
    """Whether what a name stands for is left as it is where it is used; of an object, that only its attributes are asked for."""
    around = parents.get(node)
    if isinstance(around, ast.Subscript | ast.Attribute) and around.value is node:
        if not isinstance(around.ctx, ast.Load):
            return False
        if is_object:
            call = parents.get(around)
            return isinstance(around, ast.Attribute) and not (
                isinstance(call, ast.Call) and call.func is around
            )
    return reads(node, parents)


def _holds(words: Iterable[bytes], content: bytes) -> bool:
    return any(word in content for word in words)


def _is(value: Value, module: SourceModule, defined: str) -> bool:
    match value:
        case ModuleValue(name=name):
            return not defined and name == module.name
        case ClassValue() | FunctionValue():
            return value.frame.module is module and getattr(value.node, "name", "") == defined
    return False
