"""What to install where a package is missing that only some exporters need."""

from __future__ import annotations


def missing(error: ImportError, module: str, extra: str) -> ImportError:
    """What to raise in the place of `error`, which the first import of the package raised; itself where the package is there but broken."""
    if not isinstance(error, ModuleNotFoundError):
        return error
    return ModuleNotFoundError(
        f"{module} needs {error.name}: pip install 'bridgekit[{extra}]'", name=error.name, path=error.path
    )
