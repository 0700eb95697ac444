"""`docs/figures.md`, the feed, the dictionary and the proof say of each figure what its declaration says."""

import pytest

from commands.developers import figures
from dashboard.access.viewer import Viewer, set_viewer
from dashboard.feed.schema import declaration
from dashboard.pages.proof.page import PAGE as PROOF
from tests.dashboard.pages.test_overview import texts
from tests.dashboard.support.ward import board_state
from warehouse.catalogue import measures
from warehouse.meaning import STEPS, adds_up, behaviour_of, is_partial, period_of, steps_text
from warehouse.model.expression import sql
from warehouse.model.indicator import Derived, Indicator
from warehouse.views.figures import indicator_dictionary


def test_the_document_is_what_the_declarations_say() -> None:
    assert figures.FILE.read_text("utf-8") == figures.figures_text(), "run `python -m commands.developers.figures`"


@pytest.mark.parametrize("one", measures(), ids=lambda one: one.id)
def test_the_feed_says_the_same(one: Indicator | Derived) -> None:
    told = declaration(one)
    assert (told.law.vi, told.adds_up.en, told.life_cycle.vi) == (one.law.vi, adds_up(one).en, steps_text(one).vi)
    assert (told.version, told.since) == (one.version, one.since)


@pytest.mark.parametrize("one", measures(), ids=lambda one: one.id)
def test_the_page_of_proof_says_the_same(one: Indicator | Derived) -> None:
    set_viewer(Viewer("lan", frozenset({"analyst"})))
    shown = texts(PROOF.layout(board_state(argument=one.id)))
    said = [one.definition, one.leaves_out, one.law, adds_up(one), steps_text(one)]
    said += [period_of(one)] if isinstance(one, Indicator) else []
    assert not [label.vi for label in said if label.vi not in shown]


@pytest.mark.parametrize("one", measures(), ids=lambda one: one.id)
def test_the_meaning_is_told_whole(one: Indicator | Derived) -> None:
    assert all((*one.law.both, *one.leaves_out.both, *adds_up(one).both, *steps_text(one).both))
    assert set(behaviour_of(one)) <= set(STEPS)
    assert one.version >= 1


@pytest.mark.parametrize("step", STEPS)
def test_a_dossier_is_told_of_at_every_step(step: str) -> None:
    of_dossiers = [one for one in measures() if isinstance(one, Indicator) and one.of.id == "dossier"]
    assert of_dossiers
    assert all(step in behaviour_of(one) for one in of_dossiers)


def test_no_act_that_is_repealed_is_cited_as_one_in_force() -> None:
    """NĐ 61/2018 is named only where it is said to be repealed."""
    for one in measures():
        for text in (*one.law.both, *one.definition.both):
            assert "61/2018" not in text or "hết hiệu lực" in text or "repealed" in text, one.id
            assert "NĐ 61 " not in text


def test_every_step_is_told_of_every_figure() -> None:
    for one in measures():
        said = steps_text(one)
        assert all(label.vi in said.vi and label.en in said.en for label in STEPS.values()), one.id


def test_what_is_no_ratio_is_not_divided_over_wards() -> None:
    """It is 0 over 0 where nothing is known: the mean of wards would say less than there is."""
    numbers = [one for one in measures() if "không chia" in adds_up(one).vi]
    assert {"H03", "K21", "ND02"} <= {one.id for one in numbers} <= {one.id for one in measures()} - {"K26", "K27"}
    assert all(one.unit.label.vi != "%" for one in numbers)


def test_what_takes_a_maximum_says_so() -> None:
    assert {one.id for one in measures() if "lớn nhất" in adds_up(one).vi} == {"Q05", "H01", "H07", "C09"}
    mixed = {one.id for one in measures() if isinstance(one, Indicator) and is_partial(one)}
    assert mixed == {"D09", "D15", "P02", "P05", "P06"}


@pytest.mark.parametrize("one", measures(), ids=lambda one: one.id)
def test_the_dictionary_says_the_same(one: Indicator | Derived) -> None:
    query = indicator_dictionary().query
    assert all(
        sql(text) in query for text in (*adds_up(one).both, *steps_text(one).both, *one.law.both, *one.leaves_out.both)
    )
