"""Mutations: where they are made, what they are called, and that what `mutations.toml` says is about code that is there."""

from collections import Counter
from textwrap import dedent

import pytest

from commands.developers.mutation.find import Mutation
from commands.developers.mutation.find import mutations as found_in
from commands.developers.mutation.laboratory import Result
from commands.developers.mutation.subject import ROOT, Subject, equivalents, mirrored, subjects
from commands.developers.mutations import mutation_report, sample

SOURCE = dedent('''
    """Says nothing."""

    import logging

    log = logging.getLogger(__name__)
    LIMIT = 7


    def allowed(ages: list[int] | None, limit: int = LIMIT, *, is_open: bool = True) -> bool:
        """Whether all may enter."""
        if not ages:
            log.info("nobody")
            return False
        ages.sort()
        # At least one (not none) has to be old enough.
        return is_open and min(ages) >= limit and ages[0] + 1 > (
            limit  # - 1
            - 1
        )
''')


def changes(source: str) -> list[str]:
    return [one.change for one in found_in("m", source)]


def test_names_docstrings_types_and_logs_are_left_alone() -> None:
    made = changes(SOURCE)
    assert len(made) == len(set(made)) > 15
    assert {"LIMIT = 7 → LIMIT = 8", "not ages → (ages)", "ages.sort() → pass"} <= set(made)
    assert not [one for one in made if "log" in one or "nobody" in one or "list[int]" in one]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a is not b", {"a is b"}),
        ("a not in b", {"a in b"}),
        ("a and b", {"a or b"}),
        ("(a) + (b)", {"(a) - (b)"}),
        ("(a\n  # a - b\n  + b)", {"(a\n  # a - b\n  - b)"}),
        ("max(a, b)", {"min(a, b)", "pass"}),
        ("-a", {"(a)"}),
        ("f(True, strict=True)", {"f(False, strict=True)", "pass"}),
        ("x = 1000", {"x = 2000"}),
        ("x = 3", {"x = 2", "x = 4"}),
        ("a.b = c", {"pass"}),
        ("x: int | None = None", set()),
        ("log.info(a)", set()),
        ("raise E", {"pass"}),
        ("x += 1", {"pass", "x -= 1", "x += 0", "x += 2"}),
        ("x = 'SELECT a FROM b WHERE c <= d'", {"x = 'SELECT a FROM b WHERE c < d'"}),
        ("x = 'a <= b'", set()),
    ],
)
def test_what_a_change_leaves_of_the_text(source: str, expected: set[str]) -> None:
    made = found_in("m", source)
    assert {one.applied(source.encode()).decode() for one in made} == expected


def test_positions_are_bytes() -> None:
    source = 'x = "ễ" if a == "ễ" else b'
    assert {one.applied(source.encode()).decode() for one in found_in("m", source)} == {'x = "ễ" if a != "ễ" else b'}


def test_a_mutation_is_known_by_what_it_changes_and_not_by_its_line() -> None:
    moved = "\n\n" + SOURCE.replace("import logging", "import logging\nimport os")
    assert [one.key for one in found_in("m", SOURCE)] == [one.key for one in found_in("m", moved)]
    twice = found_in("m", "def f(a, b):\n    g(a > b)\n    g(a > b)\n")
    assert [one.key for one in twice if "a >= b" in one.change] == [
        ("m", "f", "g(a > b) → g(a >= b)"),
        ("m", "f", "g(a > b) → g(a >= b) #2"),
    ]
    assert max(Counter(one.key for one in found_in("m", SOURCE)).values()) == 1


@pytest.mark.long
def test_every_mutation_of_every_module_is_code() -> None:
    for subject in subjects():
        source = (ROOT / subject.path).read_bytes()
        for one in found_in(subject.module, source.decode()):
            compile(one.applied(source), subject.module, "exec")


def test_a_sample_stays_the_same_for_the_modules_that_do_not_change() -> None:
    subject = Subject("m", ())
    every = [(subject, one) for one in found_in("m", SOURCE)]
    assert sample(every, 5, 1) == sample(every, 5, 1) != sample(every, 5, 2)
    assert set(sample(every, 5, 1)) < set(sample(every, 8, 1))
    assert sample(every, 99, 1) == every


def test_what_is_declared_is_there() -> None:
    assert all(subject.tests for subject in subjects())
    for subject in subjects():
        assert (ROOT / subject.path).exists(), subject.module
        assert [name for name in subject.tests if not (ROOT / name).exists()] == []
    assert mirrored("a.b.c") == "tests/a/b/test_c.py"


def test_every_equivalent_is_a_mutation_and_has_a_reason() -> None:
    made = {
        one.key for subject in subjects() for one in found_in(subject.module, (ROOT / subject.path).read_text("utf-8"))
    }
    for one in equivalents():
        assert one[:3] in made, f"{one.module}, {one.function}: there is no {one.change!r} any more"
        assert len(one.reason) > 20


def test_too_many_unnoticed_are_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    every = found_in("m", SOURCE)[:20] if len(found_in("m", SOURCE)) >= 20 else found_in("m", SOURCE * 2)[:20]
    results: dict[Mutation, Result] = dict.fromkeys(every, "noticed")
    assert len(results) == 20
    results[every[0]] = "unnoticed"
    results[every[1]] = "too slow"
    assert mutation_report(results, []) == 0
    assert "95.0%" in capsys.readouterr().out
    results[every[2]] = "unnoticed"
    assert mutation_report(results, [("m", "f", "x")]) == 1
    assert every[2].change in capsys.readouterr().err
