"""Connectors: one file a source, each with one `Connector` that maps the source's messages to our events.

`ls` is the catalogue. Beside the sources: the settings, `describe` (what a device needs to know), and `simulator`, the
pretend ward. `python -m connectors` runs them all. Imports `ingest` only.
"""

from ingest.connector import Connector
from ingest.declared import declared


def catalogue() -> list[Connector]:
    """Every connector, in file order."""
    import connectors as package

    return declared(package, Connector)
