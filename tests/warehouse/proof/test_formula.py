import pytest

from warehouse.catalogue import indicator, indicators
from warehouse.proof.formula import formula_definitions, formula_terms


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("one", indicators(), ids=lambda one: one.id)
def test_every_declaration_is_readable(one, language):
    said = formula_terms(one, language)
    assert len(said) == len(one.parts)
    texts = [text for line in said for text in (line.at, line.where, line.amount)]
    for name, steps, text in formula_definitions(one, language):
        assert text
        texts += [name, *steps, text]
    for text in texts:
        for python in ("lambda", ".", "&", "|", "==", "NEVER", "MINUTE"):
            assert python not in text
    # Every function of the indicators' own that is named is explained.
    named = {definition.name.partition("(")[0] for definition in formula_definitions(one, language)}
    declared = {name for name, value in _own_functions(one).items() if any(f"{name}(" in text for text in texts)}
    assert declared <= named


def _own_functions(one):
    functions = [given for part in one.parts for given in (getattr(part, "at", None), part.where, part.amount) if given]
    return {
        name: value
        for function in functions
        for name, value in function.__globals__.items()
        if callable(value) and getattr(value, "__module__", "").startswith("warehouse.indicators.")
    }


def test_it_says_what_is_folded():
    numerator, denominator = formula_terms(indicator("Q03"), "en")
    assert (numerator.at, numerator.where, numerator.amount) == (
        "called_at",
        "issued_at ≤ called_at",
        "called_at − issued_at",
    )
    assert (denominator.is_numerator, denominator.amount) == (False, "")
    within = formula_terms(indicator("Q07"), "vi")
    assert within[0].where == "issued_at ≤ called_at và called_at − issued_at ≤ 15 phút"
    assert within[2].where == "chưa có called_at và abandoned_at(t) − issued_at > 15 phút"
    (longest,) = formula_terms(indicator("Q05"), "en")
    assert (longest.largest, longest.is_flow, longest.amount) == (True, False, "now − waiting_since(t)")
    down = formula_definitions(indicator("H04"), "en")[0]
    assert down.text == "is_watched(s, now) and is_meant_to_run(s, now) and (up = 0 or now − seen_at > 1 min)", (
        "brackets only where they are needed"
    )
