"""``python -m bridgekit``."""

from __future__ import annotations

from bridgekit.cli import main

if __name__ == "__main__":
    main()
