"""The last records, kept in memory: for tests, and for a page that shows recent requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from bridgekit._arguments import check_count
from bridgekit.timing.record import RequestTiming

__all__ = ["MemoryExporter"]


class MemoryExporter:
    """Keeps the last records, the oldest first. Safe to use from several threads."""

    def __init__(self, size: int = 1000) -> None:
        """
        :param size: how many records are kept.
        :raises TypeError: for a size that is no whole number.
        :raises ValueError: for one below 1.
        """
        check_count("size", size, least=1)
        self._records: deque[RequestTiming] = deque(maxlen=size)
        # The deque's own method: atomic, and the cheapest exporter there can be.
        self.export = self._records.append

    def __call__(self, timing: RequestTiming) -> None:
        self._records.append(timing)

    def __len__(self) -> int:
        return len(self._records)

    def __bool__(self) -> bool:
        return True  # an exporter, not a collection: "exporter or default" must not lose an empty one

    def __iter__(self) -> Iterator[RequestTiming]:
        return iter(self.records())

    @property
    def last(self) -> RequestTiming:
        """The newest record.

        :raises LookupError: while there is none.
        """
        try:
            return self._records[-1]
        except IndexError:
            raise LookupError("no request has been recorded yet") from None

    def records(self) -> tuple[RequestTiming, ...]:
        """All records kept, in the order in which the requests ended."""
        return tuple(self._records.copy())

    def clear(self) -> None:
        """Forget all of them."""
        self._records.clear()
