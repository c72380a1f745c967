"""Private names: ``self.__name`` in a class is ``_Class__name`` (language reference, section 6.2.1.1)."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.values import Frame


def mangled(name: str, frame: Frame) -> str:
    """The name as the compiler writes it where it stands."""
    if not name.startswith("__") or name.endswith("__"):
        return name
    at: Frame | None = frame
    while at is not None:
        if at.owner is not None:
            prefix = at.owner.name.lstrip("_")
            return f"_{prefix}{name}" if prefix else name
        at = at.parent
    return name
