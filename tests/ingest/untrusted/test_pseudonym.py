import pytest
from pydantic import SecretStr

from ingest.contract.errors import ConfigurationError
from ingest.untrusted.pseudonym import derived_secret, pseudonyms

SECRET = SecretStr("one secret of thirty-two characters")
OTHER = SecretStr("two secrets of thirty-two characters")


def test_the_same_code_is_the_same_pseudonym_and_no_other_is():
    pseudonym = pseudonyms(SECRET)
    code = "H24.41-250701-0001"
    assert pseudonym(code) == pseudonyms(SECRET)(code) == pseudonym(f" {code} ")
    assert pseudonym(code) != pseudonym("H24.41-250701-0002")
    assert pseudonym(code) != pseudonyms(OTHER)(code)
    assert len(pseudonym(code)) == 32
    assert set(pseudonym(code)) <= set("0123456789abcdef")


def test_both_ways_to_write_a_vietnamese_letter_are_one():
    assert pseudonyms(SECRET)("\u1ec5") == pseudonyms(SECRET)("e\u0302\u0303")


@pytest.mark.parametrize("secret", [None, SecretStr(""), SecretStr(" " * 40), SecretStr("short"), SecretStr("ab" * 30)])
def test_refuses_what_is_no_secret(secret):
    with pytest.raises(ConfigurationError, match="IOC_PSEUDONYM_SECRET"):
        pseudonyms(secret)


def test_derived_secrets_differ_by_purpose():
    one = derived_secret(SECRET, "X", "webhook:a")
    assert len(one) == 32
    assert one == derived_secret(SECRET, "X", "webhook:a")
    assert one not in (derived_secret(SECRET, "X", "webhook:b"), derived_secret(OTHER, "X", "webhook:a"))
    assert one[:16].hex() != pseudonyms(SECRET)("webhook:a")
