"""Tests with a thousand connections need more file descriptors than a process is given."""

from __future__ import annotations

import resource


def allow_many() -> None:
    """As many as the system lets this process have, up to 8,192."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = 8192 if hard == resource.RLIM_INFINITY else min(hard, 8192)
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
