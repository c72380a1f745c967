"""The environments that packages are read from, for scripts that use the readers of settings and middleware by themselves."""

from __future__ import annotations

from bridgekit.check.modules.environment import TargetEnvironment, current_environment, find_environment

__all__ = ["TargetEnvironment", "current_environment", "find_environment"]
