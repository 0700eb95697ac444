"""Connectors: one file a source, each with one `Connector` that maps the source's messages to our events.

A source is found by being here. Imports `ingest` only.

`camera_desk`        whoever watches the cameras, over MQTT
`civil_status`       a probe of the civil-status software
`content_post`       what the ward published, posted by the editors' tool
`document_office`    the ward's document management
`dossier_portal`     the information system of the one-stop shop, polled
`frigate`            the recorder of the cameras, over MQTT
`petition_portal`    feedback and petitions from the portals
`queue_kiosk`        the ticket machine and its counters
`smart_loudspeaker`  the residential groups' loudspeakers, over MQTT
`ward_register`      the register of residential groups
`settings`           where we listen, where sources are, and secrets shared with them
`describe`           what the person who sets up a device needs to know
`simulator/`         the pretend ward
`__main__`           `python -m connectors`: runs them all
"""

from ingest.contract.connector import Connector
from ingest.discovery import declared


def catalogue() -> list[Connector]:
    """Every connector, in file order."""
    import connectors as package

    return declared(package, Connector)
