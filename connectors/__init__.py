"""Connectors: one file a source, each with one `Connector` that maps the source's messages to our events.

A source is found by being here, by being one of the ready declarations that every install has, or by being declared in the data folder. Imports `ingest` only.

`civil_status`       a probe of the civil-status software
`dossier_portal`     the information system of the one-stop shop, polled
`equipment`          the centre's devices and its line, asked one by one
`frigate`            the recorder of the cameras, over MQTT
`isapi`              cameras and recorders of Hikvision and HiLook, by the stream of what they notice
`onvif`              cameras and recorders of any make, asked by ONVIF's event service
`online_meeting`     when the ward meets online, from a calendar, and whether the line held
`queue_kiosk`        the ticket machine and its counters
`smart_loudspeaker`  the residential groups' loudspeakers, over MQTT
`declared/`          sources that are declared in files, and not programmed
`managed/`           what administrators set up in the browser
`settings`           where we listen, where sources are, and secrets shared with them
`describe`           what the person who sets up a device needs to know
`simulator/`         the pretend ward
`__main__`           `python -m connectors`: runs them all
"""

from pathlib import Path

from connectors.declared.load import load_connectors
from connectors.declared.ready import standing_connectors
from ingest.contract.connector import Connector
from ingest.discovery import declared


def catalogue(data_folder: Path | None = None) -> list[Connector]:
    """Every connector, those of the product in the order of their ids.

    Args:
        data_folder: an install's; what its files declare comes after those, or takes the place of one under the same id.
    """
    import connectors as package

    product = (*declared(package, Connector), *standing_connectors())
    found = {one.id: one for one in sorted(product, key=lambda one: one.id)}
    if data_folder is not None:
        found |= {one.id: one for one in load_connectors(data_folder / "connectors")}
    return list(found.values())
