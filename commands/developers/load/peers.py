"""Peers: other frameworks for streams in Python, each with the same validation, the same sink and three plain counts.

They are no part of the application: `pip install --group peers`, and after that the lock for developers once more, make an environment for measuring.
"""

from importlib.util import find_spec
from typing import NamedTuple


class BenchPeer(NamedTuple):
    """A framework to measure."""

    name: str
    package: str
    """What has to be installed."""
    module: str
    """What takes the place of `python -m streams`."""

    def is_installed(self) -> bool:
        """Whether it can be measured here."""
        return find_spec(self.package) is not None


PEERS = (
    BenchPeer("quix_streams", "quixstreams", "commands.developers.load.quix_counts"),
    BenchPeer("bytewax", "bytewax", "commands.developers.load.bytewax_counts"),
)
