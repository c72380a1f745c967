"""Private names: ``self.__name`` in a class is ``_Class__name`` (language reference, section 6.2.1.1)."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.values import Frame


def mangled(name: str, frame: Frame) -> str:
    """The name as the compiler writes it where it stands."""
    at: Frame | None = frame if is_private(name) else None
    while at is not None:
        if at.owner is not None:
            return mangled_in(at.owner.name, name)
        at = at.parent
    return name


def is_private(name: str) -> bool:
    """Whether the compiler writes the name otherwise in a class."""
    return name.startswith("__") and not name.endswith("__")


def mangled_in(cls: str, name: str) -> str:
    """The name as the class of that name has it."""
    prefix = cls.lstrip("_")
    return f"_{prefix}{name}" if prefix and is_private(name) else name
