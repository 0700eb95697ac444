"""Rate limit: so many units a second and so many at once, as a token bucket; and one for each of many clients."""

from collections import OrderedDict

ROUNDING = 1e-5
"""Seconds that are taken for none: times since 1970 are floats."""


class RateLimit:
    """A bucket that fills steadily and from which units are taken. Times are seconds of whichever clock the caller uses throughout.

    Args:
        per_second: units with which it fills.
        burst: units that it holds.
    """

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._holds = burst / per_second
        self._full_at = 0.0
        """When it is full again; later than `_holds` seconds from now while more was taken than it held."""

    def take(self, units: float, now: float) -> float:
        """Take units, whether they are there or not: seconds to wait before they may be used, in the order of asking."""
        self._full_at = max(self._full_at, now) + units / self._per_second
        return max(0.0, self._full_at - now - self._holds)

    def missing(self, units: float, now: float) -> float:
        """Seconds until so many units are there; 0: they are."""
        missing = self.full_in(now) + units / self._per_second - self._holds
        return missing if missing > ROUNDING else 0.0

    def left(self, now: float) -> float:
        """Units that are there; below 0 while more was taken than it held."""
        return (self._holds - self.full_in(now)) * self._per_second

    def full_in(self, now: float) -> float:
        """Seconds until it is full."""
        return max(self._full_at - now, 0.0)

    def give_back(self, units: float) -> None:
        """Put units back that were taken and not used."""
        self._full_at -= units / self._per_second

    def is_full(self, now: float) -> bool:
        """Whether it is as a new one would be."""
        return not self.full_in(now)


class RateLimits:
    """Rate limits by client, made when first asked for; those that are full are forgotten when there are too many.

    Args:
        per_second: as of each `RateLimit`.
        burst: as of each `RateLimit`.
        most: clients that are remembered.
    """

    def __init__(self, per_second: float, burst: float, most: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._most = most
        self._of: OrderedDict[str, RateLimit] = OrderedDict()

    def __len__(self) -> int:
        return len(self._of)

    def of(self, client: str, now: float) -> RateLimit:
        """The limit of one client; of too many, the one that has not been asked for longest is forgotten."""
        limit = self._of.get(client)
        if limit is None:
            if len(self._of) >= self._most:
                full = [one for one, limit in self._of.items() if limit.is_full(now)]
                for one in full or [next(iter(self._of))]:
                    del self._of[one]
            limit = self._of[client] = RateLimit(self._per_second, self._burst)
        self._of.move_to_end(client)
        return limit
