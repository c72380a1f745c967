"""``dataclasses.dataclass`` for the many records of the checker, without the methods that Python writes and compiles for each class.

To a type checker it *is* ``dataclasses.dataclass``: that nobody assigns to a frozen record is held by mypy over source and tests. When the
program runs, ``frozen`` compiles nothing and costs no ``object.__setattr__`` for each field, and comparison, hash and representation are
ordinary functions over the fields' names: importing 160 records takes a third of the time, which was a sixth of a whole check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from operator import attrgetter
    from reprlib import recursive_repr

    @recursive_repr()
    def _representation(self):
        shown = [
            f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr
        ]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _comparison(names):
        """``__eq__`` and ``__hash__`` over the attributes ``names``, with the meaning of the documentation of `dataclasses`."""
        values = attrgetter(*names) if names else type

        def __eq__(self, other):
            if other.__class__ is not self.__class__:
                return NotImplemented
            return values(self) == values(other)

        def __hash__(self):
            return hash(values(self))

        return __eq__, __hash__

    def dataclass(*, frozen=False, slots=False, eq=True):
        def make(cls):
            own = vars(cls)
            made = dataclasses.dataclass(cls, slots=slots, eq=False, repr=False)
            if "__repr__" not in own:
                made.__repr__ = _representation
            if eq and "__eq__" not in own:
                compared = [field for field in dataclasses.fields(made) if field.compare]
                made.__eq__, hashed = _comparison([field.name for field in compared])
                if "__hash__" not in own:
                    made.__hash__ = hashed if frozen else None
            return made

        return make
