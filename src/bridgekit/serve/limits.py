"""The bounds of `bridgekit.WSGIToASGI` as they are written on a command line or in an environment variable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bridgekit.exceptions import ProjectError

NO_LIMIT: Final = "none"


@dataclass(frozen=True)
class Limit:
    """One bound: the option ``--max-queue`` is the variable ``BRIDGEKIT_SERVE_MAX_QUEUE``."""

    name: str
    """As the option has it, with underscores."""
    argument: str
    """Of `bridgekit.WSGIToASGI`."""
    help: str
    least: int = 0
    is_seconds: bool = False
    may_be_none: bool = True

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")

    def read(self, text: str) -> float | None:
        """The value that `text` says, None for "none".

        Raises `ProjectError`, which does not name the option, when it says none that is allowed.
        """
        if text.strip().lower() == NO_LIMIT and self.may_be_none:
            return None
        try:
            value = float(text) if self.is_seconds else int(text)
        except ValueError:
            value = math.nan
        if not self.least <= value < math.inf:
            kind = "seconds" if self.is_seconds else "a whole number"
            escape = f', or "{NO_LIMIT}"' if self.may_be_none else ""
            raise ProjectError(f"{text!r} is not {kind} from {self.least} on{escape}")
        return value


LIMITS: Final = (
    Limit(
        "threads",
        "max_workers",
        "Threads of each worker process that run a WSGI application [default: 32].",
        1,
        may_be_none=False,
    ),
    Limit(
        "max_queue", "max_queue", "Requests that may wait for a thread; one more is a 503 [default: 1024]."
    ),
    Limit(
        "queue_timeout",
        "queue_timeout",
        "Seconds until such a request is a 503 [default: 30].",
        is_seconds=True,
    ),
    Limit(
        "max_body_size", "max_body_size", "Bytes of a request body; a longer one is a 413 [default: none]."
    ),
    Limit(
        "buffer_memory",
        "buffer_memory",
        "Bytes of memory for all bodies that are received whole; the rest goes to disk [default: 67108864].",
    ),
    Limit(
        "buffer_disk",
        "buffer_disk",
        "Bytes of disk for all of them; beyond it is a 503 [default: 1073741824].",
    ),
    Limit(
        "body_timeout",
        "body_timeout",
        "Seconds in which a body must come on, or be a 408 [default: 30].",
        is_seconds=True,
    ),
)
