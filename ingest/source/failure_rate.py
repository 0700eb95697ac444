"""Failure rate: when too much of what comes cannot be processed, so that the fault is most likely ours or a whole source's.

One bad record is a dead letter and the next one goes on. But after an update that changed a format, everything is bad, and a
stream that goes on would be emptied into the dead letters within minutes. The failure rate tells the two apart; who asks it stops.
"""

from collections import deque

RECENT = 1_000
"""How many records the share is judged by; fewer, as long as there were not so many."""

FEWEST = 50
"""Bad ones among them that there must be at least: two bad records of ten are not too many."""

LARGEST_SHARE = 0.05
"""More of them bad than this are too many. Of bad ones in a row the 51st is, at the latest."""


class FailureRate:
    """Counts good and bad records of one stream and trips when the bad ones are too many. No clock, no input or output.

    Args:
        fewest: bad ones that there must be at least.
    """

    def __init__(self, fewest: int = FEWEST) -> None:
        self._fewest = fewest
        self.tripped: str | None = None
        """Why it has tripped, as `<bad>/<of how many>`, for example `51/1000`; `None` while it has not."""
        self._seen = 0
        self._bad: deque[int] = deque()
        """Numbers of the bad ones among those seen last."""
        self._allowed = 0

    def judge(self, is_bad: bool) -> None:
        """Count one record; once it has tripped this changes nothing."""
        if self.tripped is not None:
            return
        if is_bad and self._allowed:
            self._allowed -= 1
            return
        self._seen += 1
        if not is_bad:
            return  # a good one never makes the share larger
        self._bad.append(self._seen)
        while self._bad[0] <= self._seen - RECENT:
            self._bad.popleft()
        recent = min(self._seen, RECENT)
        if len(self._bad) >= self._fewest and len(self._bad) > LARGEST_SHARE * recent:
            self.tripped = f"{len(self._bad)}/{recent}"

    def pass_good(self, count: int) -> None:
        """Count so many good records."""
        if self.tripped is None:
            self._seen += count

    def allow(self, count: int) -> None:
        """Begin to count anew, not tripped.

        Args:
            count: bad records that are let through uncounted before that, because somebody decided so.
        """
        self.tripped = None
        self._seen, self._allowed = 0, count
        self._bad.clear()
