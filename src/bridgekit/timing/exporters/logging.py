"""Log records: one line per request, or only for slow and failed ones."""

from __future__ import annotations

import logging
from typing import Any

from bridgekit._arguments import check_amount, check_count, check_flag, shown
from bridgekit.timing.exporters._fields import FAILURES, as_dict, latency, printable
from bridgekit.timing.outcome import Kind
from bridgekit.timing.record import RequestTiming

__all__ = ["LoggingExporter"]


class LoggingExporter:
    """Logs finished requests. A failure (5xx, exception, incomplete) is an error.

    Every field of the record is on the log record under ``timing`` (a dict), for formatters that write structured logs.
    """

    def __init__(
        self,
        logger: logging.Logger | logging.LoggerAdapter[Any] | str = "bridgekit.timing.requests",
        *,
        level: int | str = logging.INFO,
        slow: float | None = None,
        only_slow: bool = False,
    ) -> None:
        """
        :param logger: the logger, or its name.
        :param level: of what is neither slow nor a failure; a number or a name ("DEBUG").
        :param slow: seconds. A plain request that took longer is logged as a warning; a stream or a session is as long as it is, so only
            its time to the first byte counts.
        :param only_slow: log nothing but those, and failures.
        :raises TypeError: for an argument of another type.
        :raises ValueError: for a level that there is not, a ``slow`` that is not above 0, and ``only_slow`` without it.
        """
        check_flag("only_slow", only_slow)
        if only_slow and slow is None:
            raise ValueError(
                "only_slow needs to know what is slow: LoggingExporter(slow=0.5, only_slow=True)"
            )
        if slow is not None:
            check_amount("slow", slow)
            if slow <= 0:
                raise ValueError(f"slow is a number of seconds above zero, not {slow}")
        found = logging.getLogger(logger) if isinstance(logger, str) else logger
        if not isinstance(found, logging.Logger | logging.LoggerAdapter):
            raise TypeError(f"logger must be a logger or its name, not {shown(logger)}")
        self.logger = found
        self.level = number_of(level)
        self.slow = slow
        self.only_slow = only_slow

    def __call__(self, timing: RequestTiming) -> None:
        """Log one request."""
        slow = self.slow is not None and latency(timing) > self.slow
        if timing.outcome in FAILURES:
            level = logging.ERROR
        elif slow:
            level = logging.WARNING
        elif self.only_slow:
            return
        else:
            level = self.level
        if self.logger.isEnabledFor(level):
            self.logger.log(level, "%s", describe(timing, slow=slow), extra={"timing": as_dict(timing)})


def number_of(level: int | str) -> int:
    """The number of a level that may be given by its name."""
    if isinstance(level, str):
        known = logging.getLevelNamesMapping()
        if level.upper() not in known:
            raise ValueError(f"level must be one of {', '.join(known)}, not {level!r}")
        return known[level.upper()]
    check_count("level", level, least=0)
    return level


def describe(timing: RequestTiming, *, slow: bool = False) -> str:
    """One line: ``GET /orders/7 200 ok 12.3 ms, first byte 11.9 ms``."""
    parts = [timing.method, printable(timing.path), str(timing.status or "-"), timing.outcome.value]
    line = " ".join(parts) + f" {timing.duration * 1000:.1f} ms"
    if timing.time_to_first_byte is not None:
        line += f", first byte {timing.time_to_first_byte * 1000:.1f} ms"
    if timing.kind is not Kind.PLAIN:
        line += f", {timing.kind.value}"
    if timing.error_type is not None:
        line += f", {printable(timing.error_type)}"
    for span in timing.spans:
        line += f", {printable(span.name)} {span.seconds * 1000:.1f} ms"
    return line + " (slow)" if slow else line
