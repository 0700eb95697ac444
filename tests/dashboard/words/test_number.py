from fractions import Fraction

import pytest

from dashboard.words import number
from ingest.contract.label import Label
from warehouse.catalogue import measure
from warehouse.model.reading import Reading


def reading(id, numerator, denominator=0, as_of_ms=1):
    return Reading(measure(id), numerator, denominator, 1, as_of_ms)


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [(0, "0", "0"), (999, "999", "999"), (11796, "11.796", "11,796"), (1234567, "1.234.567", "1,234,567")],
)
def test_whole_numbers_mark_their_thousands(value, vietnamese, english):
    assert number.whole_number(value, "vi") == vietnamese
    assert number.whole_number(value, "en") == english


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (4288, 4293, "99,88"),  # 99,8835…
        (4293, 4293, "100"),
        (24999, 25000, "99,99"),  # 99,996 must not become 100
        (999_999_999, 1_000_000_000, "99,99"),
        (1, 2, "50"),
        (999, 1000, "99,90"),
        (1, 3, "33,33"),
        (2, 3, "66,66"),
        (0, 7, "0"),
        (0, 0, "–"),
    ],
)
def test_a_percentage_is_cut_and_says_100_only_when_it_is_all(numerator, denominator, expected):
    assert number.percent(numerator, denominator, "vi") == expected


def test_times_are_rounded_half_up_on_the_exact_value():
    assert number.decimal(Fraction(25, 100), 1, "vi") == "0,3"
    assert number.decimal(Fraction(15, 100), 1, "vi") == "0,2"
    assert number.decimal(Fraction(1005, 1000), 2, "en") == "1.01"
    assert number.decimal(Fraction(123456, 100), 1, "vi") == "1.234,6"


def test_figures_carry_their_unit():
    assert number.with_unit(reading("Q03", 504_000 * 3, 3), "vi") == "8,4\u00a0phút"
    assert number.with_unit(reading("Q03", 504_000 * 3, 3), "en") == "8.4\u00a0min"
    assert number.with_unit(reading("D04", 4288, 4293), "vi") == "99,88\u00a0%"
    assert number.with_unit(reading("D04", 4288, 4293), "en") == "99.88%"
    assert number.with_unit(reading("Q08", 11, 13), "vi") == "11/13\u00a0quầy"
    assert number.with_unit(reading("Q05", 1_152_000), "vi") == "19,2\u00a0phút"
    assert number.with_unit(reading("H01", 14_400), "vi") == "14\u00a0giây"


def test_in_english_one_is_a_person_and_two_are_people():
    assert [number.with_unit(reading("Q02", count), "en") for count in (1, 2)] == ["1\u00a0person", "2\u00a0people"]
    assert number.with_unit(reading("Q14", 3, 3), "en", is_short=True) == "1\u00a0person"
    assert number.with_unit(reading("Q02", 1), "vi") == "1\u00a0người"
    many = Label("{count} cảnh báo", "{count} alarms", "{count} alarm")
    assert [many.text("en", count=count) for count in (0, 1, "1", "11")] == [
        "0 alarms",
        "1 alarm",
        "1 alarm",
        "11 alarms",
    ]
    assert many.filled(count=1) == Label("1 cảnh báo", "1 alarm")


def test_parts_are_shown_of_shares_and_the_count_of_means():
    assert number.fraction_text(reading("D04", 4288, 4293), "vi") == "4.288/4.293"
    assert number.fraction_text(reading("Q03", 504_000, 31), "vi") == "31\u00a0lượt"
    assert number.fraction_text(reading("Q03", 504_000, 31), "en") == "of\u00a031\u00a0visits"
    assert number.fraction_text(reading("Q03", 60_000, 1), "en") == "of\u00a01\u00a0visit"
    assert number.fraction_text(reading("D12", 504_000, 469), "vi") == "469\u00a0hồ\u00a0sơ"
    assert number.fraction_text(reading("Q14", 7, 12), "vi") == "12\u00a0quầy"
    assert number.fraction_text(reading("E08", 3, 1), "vi") == "1\u00a0đường"
    assert number.fraction_text(reading("H03", 3, 1), "vi") == ""
    assert number.fraction_text(reading("Q02", 23), "vi") == ""


def test_nothing_known_and_nothing_to_divide_by_are_a_dash():
    assert number.figure_text(reading("Q02", 0, as_of_ms=0), "vi") == "–"
    assert number.figure_text(reading("V01", 0, 0), "vi") == "–"
    assert number.with_unit(reading("V01", 0, 0), "vi") == "–"
