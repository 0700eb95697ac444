import pytest

from warehouse.catalogue import indicator
from warehouse.indicators.score import PARTS, score_points
from warehouse.model.reading import Reading


def asking(**sides):
    """Readings of the given ids; of all others nothing is known."""

    def read(id: str) -> Reading:
        numerator, denominator = sides.get(id, (0, 0))
        return Reading(indicator(id), numerator, denominator, 1, 1 if id in sides else 0)

    return read


def test_full_points_are_sixty_six():
    everything = {part.of.id: (part.full_at, 100) for part in PARTS}
    assert score_points(asking(**everything)) == (6600, 6600)
    more = {part.of.id: (100, 100) for part in PARTS}
    assert score_points(asking(**more)) == (6600, 6600), "no part gives more than its maximum"


@pytest.mark.parametrize(
    ("id", "sides", "told"),
    [
        ("D09", (1015, 1016), (1998, 2000)),
        ("D17", (30, 100), (360, 600)),
        ("D18", (312, 717), (261, 600)),
        ("D19", (60, 100), (300, 400)),
        ("P05", (45, 100), (300, 600)),
    ],
)
def test_each_part_is_scored_as_the_decision_says(id, sides, told):
    assert score_points(asking(**{id: sides})) == told


def test_nothing_to_judge_is_not_nothing_known():
    assert score_points(asking()) is None
    assert score_points(asking(P02=(0, 0))) == (600, 600), "no petitions"
    assert score_points(asking(P05=(0, 0), D09=(0, 0))) == (0, 600), "no dossiers: satisfaction 0, the rest left out"
