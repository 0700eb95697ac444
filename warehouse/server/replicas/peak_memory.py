"""Peak memory of this process, where it may not read `/proc`."""

import resource
import sys


def peak_memory() -> int:
    """The most memory that this process had at once since it was forked, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
