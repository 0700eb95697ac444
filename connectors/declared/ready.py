"""Ready: the declarations that come with the product, `connectors/ready/<id>.toml`.

Most are patterns: a ward takes one into its data folder and puts its own codes and addresses in. Those of `STANDING` say what messages
of the product's own form mean, so that there is nothing to put in: they are sources of every install, and wait until somebody speaks. A file
of the same name in the data folder takes the place of each.
"""

from functools import cache
from pathlib import Path

from connectors.declared.load import load_connector
from ingest.contract.connector import Connector

READY = Path(__file__).parents[1] / "ready"

STANDING = ("camera_desk", "content_post", "document_office", "petition_portal", "ward_register")
"""Those that are sources of every install."""


def ready_texts() -> dict[str, str]:
    """All of them, by name."""
    return {one.stem: one.read_text(encoding="utf-8") for one in sorted(READY.glob("*.toml"))}


def standing_text(id_: str) -> str | None:
    """The one that a source has of its own; `None` where it has none."""
    return (READY / f"{id_}.toml").read_text(encoding="utf-8") if id_ in STANDING else None


@cache
def standing_connectors() -> tuple[Connector, ...]:
    """Those that are sources of every install."""
    return tuple(load_connector(READY / f"{id_}.toml") for id_ in STANDING)
