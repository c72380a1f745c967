"""The environments that packages are read from, for scripts that use the readers of settings and middleware by themselves."""

from __future__ import annotations

from bridgekit.check.modules.environment import TargetEnvironment as TargetEnvironment
from bridgekit.check.modules.environment import current_environment as current_environment
from bridgekit.check.modules.environment import find_environment as find_environment
