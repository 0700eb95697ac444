"""Peak memory: whether this process ever had more memory than it may, where it may not read `/proc`.

Linux lets what is started go on from the peak of the process that started it, and a replica is started by the owner's process,
which may have more. What lies below that peak cannot be seen; there the engine's own limits hold alone.
"""

import resource
import sys


class PeakMemory:
    """Made when the process starts."""

    def __init__(self) -> None:
        self._inherited = _peak()

    def has_exceeded(self, most: int) -> bool:
        """Whether it was more than so many bytes, as far as that can be told."""
        return _peak() > max(most, self._inherited)


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
