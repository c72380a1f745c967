"""Where a module is, whose it is, and its tree.

``ModuleFinder`` is loaded when it is first used (PEP 562): it needs the environment's reader, which few of these files need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridgekit._lazy import lazily

if TYPE_CHECKING:
    from bridgekit.check.modules.finder import ModuleFinder as ModuleFinder
else:  # hidden from type checkers: they would believe in every name
    __getattr__ = lazily(__name__, {"ModuleFinder": "bridgekit.check.modules.finder"})
