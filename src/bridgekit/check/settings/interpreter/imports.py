"""Imports between settings modules: the project's own are interpreted, everything else stays an unread name.

What is imported for its content (``import *``) and what stands beside the settings is interpreted at once, in order,
for its side effects: a sibling may append to a list that it imported. Other modules of the project wait until a value
of theirs is needed, so that a settings file that imports half the project stays cheap.
"""

from __future__ import annotations

import ast
from pathlib import Path

from bridgekit.check.modules.boundary import is_below, parts_of
from bridgekit.check.modules.found_module import FoundModule, ModuleKind
from bridgekit.check.modules.imported import binds, imports_module
from bridgekit.check.python.cause import Cause
from bridgekit.check.settings.interpreter.control import Raised, Stuck
from bridgekit.check.settings.interpreter.data import ListValue, Namespace, Opaque, Text, Value
from bridgekit.check.settings.interpreter.import_effects import modules_that_act
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import External, Frame, ModuleValue, poison

_MAX_MODULE_STEPS = 60_000
"""Steps for one module beside the settings; a larger one is not what settings lean on."""


class Imports:
    """The import system of a run."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter

    def import_module(self, name: str) -> Value:
        """``importlib.import_module(name)``: a module whose content is wanted."""
        return self.module(name, eager=not self.interpreter.surroundings.is_standard(name))

    def open_external(self, external: External) -> Value:
        """The value behind a name of a module that waits; names of packages that stay closed are themselves."""
        dotted = external.dotted
        known = self.interpreter.externals.get(dotted)
        if known is None:
            self.interpreter.externals[dotted] = external
            known = self.interpreter.externals[dotted] = self._open(external)
        return known

    def _open(self, external: External) -> Value:
        parts = external.dotted.split(".")
        if self.interpreter.surroundings.is_standard(parts[0]):
            return external
        top = self.interpreter.finder.find(parts[0])
        path = top.path or (top.search[0] if top.search else "")
        if not (self._inside(path) or self.interpreter.is_opened(parts[0])):
            return external
        end = len(parts)
        while end and self.interpreter.finder.find(".".join(parts[:end])).kind is not ModuleKind.SOURCE:
            end -= 1
        if not end:
            return external
        name = ".".join(parts[:end])
        if end > 1 and not self._is_imported(name):
            return self._perhaps_imported(name)
        tries, self.interpreter.tries = self.interpreter.tries, []
        depth = len(self.interpreter.frames)
        try:
            value = self.module(name, eager=True)
            for name in parts[end:]:
                value = self.interpreter.getattr(value, name)
            if isinstance(value, External) and value.dotted != external.dotted:
                value = self.open_external(value)
        except Raised as raised:
            del self.interpreter.frames[depth:]
            return Opaque(
                f"{external.dotted} cannot be read: its module raises",
                raised.location,
                f"module:{external.dotted}",
                cause=Cause.MODULE_ABSENT,
                subject=external.dotted,
            )
        finally:
            self.interpreter.tries = tries
        return value

    # -- modules -----------------------------------------------------------------------------------------------------

    def module(self, name: str, *, eager: bool = False, relative: bool = False) -> Value:
        """What ``import name`` gives: a `ModuleValue`, an `External` or the unknown."""
        if name in self.interpreter.replaced_modules:
            return self._replaced(name)
        known = self.interpreter.modules.get(name)
        if known is not None:
            return known
        if self.interpreter.lost_modules is not None:
            self.interpreter.may_raise(self.interpreter.lost_modules, ImportError)
            return self.interpreter.lost_modules.derive(f":{name}")
        found = self.interpreter.finder.find(name)
        if found.kind is ModuleKind.SOURCE:
            if self.is_own(found) or eager or self.interpreter.is_opened(name):
                if self.interpreter.surroundings.is_standard(name):
                    return External(name, is_module=True)
                return self.load(found) if eager or self._is_near(found) else self._waiting(found)
            return External(name, is_module=True)
        if found.kind is ModuleKind.NAMESPACE and self._inside(found.search[0] if found.search else ""):
            return self._empty(found)
        if found.kind is ModuleKind.MISSING and not self.interpreter.surroundings.has_standard_module(name):
            return self._missing(name, found, relative=relative)
        return External(name, is_module=True)

    def _replaced(self, name: str) -> Value:
        """What the settings put into ``sys.modules`` under a name; None there ends the import (`importlib._bootstrap`)."""
        value = self.interpreter.replaced_modules[name]
        if value is None:
            raise self.interpreter.fault(ModuleNotFoundError, f"import of {name} halted; None in sys.modules")
        return value

    def _waiting(self, found: FoundModule) -> Value:
        """A module that waits until it is needed; what acts on others as it is imported does so now."""
        if not self.is_own(found) or found.name in self.interpreter.waiting:
            return External(found.name, is_module=True)
        self.interpreter.waiting.add(found.name)
        for name in modules_that_act(self.interpreter.finder, found.name, self.is_own):
            if name not in self.interpreter.modules:
                self._load_apart(self.interpreter.finder.find(name))
        if found.name in self.interpreter.replaced_modules:
            return self._replaced(found.name)
        known = self.interpreter.modules.get(found.name)
        if known is not None:
            return known
        waiting = External(found.name, is_module=True)
        self._bind_in_parent(found.name, waiting)
        return waiting

    def _load_apart(self, found: FoundModule) -> None:
        """Interpret a module for its effects. That it raises may be for want of what is not interpreted here."""
        tries, self.interpreter.tries = self.interpreter.tries, []
        depth = len(self.interpreter.frames)
        try:
            self.load(found)
        except Raised as raised:
            del self.interpreter.frames[depth:]
            self.interpreter.note(f"the module {found.name} raises as it is imported", raised.location)
        finally:
            self.interpreter.tries = tries

    def is_own(self, found: FoundModule) -> bool:
        """Whether the file belongs to the project rather than to what is installed."""
        return self._inside(found.path)

    def _inside(self, path: str) -> bool:
        if not {"site-packages", "dist-packages"}.isdisjoint(parts_of(path)):
            return False
        return is_below(path, self.interpreter.finder.roots)

    def _is_near(self, found: FoundModule) -> bool:
        """Beside or below the settings, or above them as their package."""
        directory = str(Path(found.path).parent)
        below = self.interpreter.package_directory
        return directory in self.interpreter.settings_directories or bool(
            below and directory != below and is_below(directory, [below])
        )

    def _empty(self, found: FoundModule) -> ModuleValue:
        module = ModuleValue(found.name, found.path, found.name, Namespace(), complete=True)
        self.interpreter.modules[found.name] = module
        return module

    def _missing(self, name: str, found: FoundModule, *, relative: bool) -> Value:
        """A module that is not there: ImportError where that is caught, otherwise something that is unknown."""
        parent, _, _ = name.rpartition(".")
        in_tree = relative or (bool(parent) and isinstance(self.interpreter.modules.get(parent), ModuleValue))
        if not in_tree and parent:
            above = self.interpreter.finder.find(name.partition(".")[0])
            in_tree = above.kind in (ModuleKind.SOURCE, ModuleKind.NAMESPACE) and self.is_own(above)
        if self.interpreter.catches(ModuleNotFoundError):
            if self._can_be_imported(name, in_tree=in_tree):
                return self.interpreter.opaque(
                    f"the module {name} is not installed here",
                    truth=True,
                    key=f"module:{name}",
                    cause=Cause.MODULE_ABSENT,
                    subject=name,
                )
            error = self.interpreter.fault(ModuleNotFoundError, f"No module named {name!r}")
            error.error.attributes["name"] = Text(name)
            raise error
        if in_tree:
            self.interpreter.note(f"the module {name} does not exist in the project")
            return self.interpreter.opaque(
                f"the module {name} does not exist in the project",
                truth=True,
                key=f"module:{name}",
                cause=Cause.MODULE_ABSENT,
                subject=name,
            )
        return External(name, is_module=True)

    def _can_be_imported(self, name: str, *, in_tree: bool) -> bool:
        if in_tree:
            self.interpreter.note(
                f"the optional module {name} does not exist in the project: taken as absent"
            )
            reason = f"the module {name} can be imported"
            return self.interpreter.decide(
                f"import:{name}", None, self.interpreter.here(), False, reason=reason, quiet=True
            )
        # Not installed here. That says something only if the project's own environment is what we look at.
        natural = False if self.interpreter.surroundings.environment_is_complete() else None
        inputs = frozenset((f"import {name}",))
        return self.interpreter.decide(
            f"import:{name}",
            None,
            self.interpreter.here(),
            natural,
            inputs=inputs,
            reason=f"whether the module {name} can be imported",
            answers=(f"the module {name} can be imported", f"the module {name} cannot be imported"),
        )

    def importable(self, name: str) -> bool:
        """Whether ``find_spec(name)`` finds it."""
        found = self.interpreter.finder.find(name)
        if found.kind is not ModuleKind.MISSING or self.interpreter.surroundings.is_standard(name):
            return True
        return self._can_be_imported(name, in_tree=False)

    def imported_submodule(self, module: ModuleValue, name: str) -> Value | None:
        """``package.name`` as an attribute: unknown for a module that nothing which was followed has imported by then."""
        full = f"{module.name}.{name}"
        if module.package != module.name or self.interpreter.finder.find(full).kind is ModuleKind.MISSING:
            return None
        return self.submodule(module, name) if self._is_imported(full) else self._perhaps_imported(full)

    def _is_imported(self, name: str) -> bool:
        """Whether a module of the project is an attribute of its package (language reference, section 5.4.2), by all that is seen."""
        inside = f"{name}."
        seen = (*self.interpreter.modules, *self.interpreter.waiting)
        if any(one == name or one.startswith(inside) for one in seen) or not self.is_own(
            self.interpreter.finder.find(name)
        ):
            return True
        return imports_module(self.interpreter.finder.load(name.rpartition(".")[0]), name)

    def _perhaps_imported(self, name: str) -> Value:
        perhaps = self.interpreter.opaque(
            f"whether the module {name} has been imported", key=f"module:{name}"
        )
        self.interpreter.may_raise(perhaps, AttributeError)
        return perhaps

    def note_submodule(self, package: str, name: str) -> Value | None:
        """``from package import name``, of a package that waits: what it binds itself, or a module of that name is imported by it."""
        found = self.interpreter.finder.find(f"{package}.{name}")
        if found.kind is not ModuleKind.SOURCE or not self.is_own(found):
            return None
        imported = found.name in self.interpreter.modules or found.name in self.interpreter.waiting
        if not imported and binds(self.interpreter.finder.load(package), name):
            return self.interpreter.getattr(self.module(package, eager=True), name)
        self.module(found.name)
        return None

    def submodule(self, module: ModuleValue, name: str) -> Value | None:
        """``package.name`` where that is a module, or None."""
        found = (
            self.interpreter.finder.find(f"{module.name}.{name}")
            if module.package == module.name and module.name
            else None
        )
        if found is None or found.kind in (ModuleKind.MISSING, ModuleKind.UNKNOWN):
            return None
        return self.module(found.name)

    def load(self, found: FoundModule) -> Value:
        """Interpret a module's body (after its parents', where they stand near), once."""
        self._load_parents(found.name)
        known = self.interpreter.modules.get(found.name)
        if known is not None:
            return known
        source = self.interpreter.finder.load(found.name)
        module = ModuleValue(found.name, source.path, source.package, Namespace())
        self.interpreter.modules[found.name] = module
        self.interpreter.files[source.path] = None
        if source.tree is None:
            line = max(source.error_line, 1)
            poison(module.namespace, self.interpreter.unreadable(source.path, line, source.error))
            return module
        self._introduce(module)
        self._run(module, source.tree)
        if found.name in self.interpreter.replaced_modules:
            # It may have put something else in its own place (`importlib._bootstrap._load_unlocked`).
            return self._replaced(found.name)
        self._bind_in_parent(module.name, module)
        return module

    def _bind_in_parent(self, name: str, module: Value) -> None:
        """A submodule that was imported is an attribute of its package (language reference, section 5.4.2)."""
        parent, _, leaf = name.rpartition(".")
        package = self.interpreter.modules.get(parent)
        if isinstance(package, ModuleValue):
            package.namespace[leaf] = module
            package.namespace.bound[leaf] = self.interpreter.here()

    def _load_parents(self, name: str) -> None:
        parts = name.split(".")
        for end in range(1, len(parts)):
            parent = self.interpreter.finder.find(".".join(parts[:end]))
            if (
                parent.kind is ModuleKind.SOURCE
                and parent.name not in self.interpreter.modules
                and self._is_near(parent)
            ):
                self.load(parent)

    def _introduce(self, module: ModuleValue) -> None:
        names = {
            "__name__": module.name,
            "__file__": module.path,
            "__package__": module.package,
            "__doc__": None,
        }
        for name, value in names.items():
            module.namespace[name] = Text(value) if value is not None else None
        if module.path.endswith("__init__.py"):
            module.namespace["__path__"] = ListValue([Text(str(Path(module.path).parent))])

    def _run(self, module: ModuleValue, tree: ast.Module) -> None:
        near = str(Path(module.path).parent) in self.interpreter.settings_directories
        frame = Frame(module, module.namespace, module.path)
        saved = self.interpreter.steps
        budget = saved if near else min(saved, _MAX_MODULE_STEPS)
        self.interpreter.steps = budget
        tries, self.interpreter.tries = self.interpreter.tries, list(self.interpreter.tries)
        self.interpreter.frames.append(frame)
        try:
            self.interpreter.run_block(tree.body, frame)
        except RecursionError:
            raise Stuck(
                "the settings are nested too deeply to be evaluated", self.interpreter.here()
            ) from None
        except Stuck as stuck:
            if near:
                raise
            poison(module.namespace, Opaque(stuck.reason, stuck.location, f"module:{module.name}:stuck"))
        except BaseException:
            # As `importlib._bootstrap._load_unlocked` does: a module that failed is forgotten.
            self.interpreter.modules.pop(module.name, None)
            raise
        finally:
            self.interpreter.frames.pop()
            self.interpreter.tries = tries
            self.interpreter.steps = saved - (budget - max(self.interpreter.steps, 0))
        module.complete = True
