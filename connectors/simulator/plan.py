"""Plan: what all pretend systems say on a local day."""

from collections.abc import Iterator
from datetime import date, timedelta

from connectors.simulator.message import SimulatedMessage, encoded
from connectors.simulator.systems import kiosk, office
from connectors.simulator.systems.dossier_system import item
from connectors.simulator.systems.dossiers import changes_of_day
from connectors.simulator.ward import Pretend

WEBHOOKS = (kiosk.SYSTEM, office.PETITIONS, office.DOCUMENTS, office.POSTS, office.REGISTER)
"""The systems that post."""

DOSSIERS = "dossier_portal"
DOSSIER_PATH = "/api/ho-so/thay-doi"


def posts_of_day(pretend: Pretend, system: str, day: date, since: date) -> list[SimulatedMessage]:
    """What one posting system says on one local day, in order.

    Args:
        pretend: the ward.
        system: one of `WEBHOOKS`.
        day: the local day.
        since: first day that is told; the register and petitions that are still open then tell their past on it.
    """
    if system == kiosk.SYSTEM:
        return list(kiosk.kiosk(pretend, day))
    if system == office.DOCUMENTS:
        return list(office.documents(pretend, day))
    if system == office.POSTS:
        return list(office.published_posts(pretend, day))
    if system == office.REGISTER:
        return list(office.register()) if day == since else []
    return list(_petitions(pretend, day, since))


def _petitions(pretend: Pretend, day: date, since: date) -> Iterator[SimulatedMessage]:
    if day == since:
        for back in range(office.LONGEST_PETITION, 0, -1):
            yield from office.petitions(pretend, since - timedelta(days=back))
    yield from office.petitions(pretend, day)


def dossier_items(pretend: Pretend, day: date) -> list[SimulatedMessage]:
    """The changes of dossiers on one local day, each as the item of a page."""
    return [
        SimulatedMessage(dossier.changes[index].at, DOSSIERS, "", encoded(item(pretend, dossier, index)), DOSSIER_PATH)
        for dossier, index in changes_of_day(pretend, day)
    ]
