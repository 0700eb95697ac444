import pytest
from pydantic import SecretStr

from ingest.contract.errors import ConfigurationError
from ingest.untrusted.pseudonym import derive_secret, pseudonymiser

SECRET = SecretStr("one secret of thirty-two characters")
OTHER = SecretStr("two secrets of thirty-two characters")


def test_the_same_code_is_the_same_pseudonym_and_no_other_is():
    pseudonym = pseudonymiser(SECRET)
    code = "H24.41-250701-0001"
    assert pseudonym(code) == pseudonymiser(SECRET)(code) == pseudonym(f" {code} ")
    assert pseudonym(code) != pseudonym("H24.41-250701-0002")
    assert pseudonym(code) != pseudonymiser(OTHER)(code)
    assert len(pseudonym(code)) == 32
    assert set(pseudonym(code)) <= set("0123456789abcdef")


def test_both_ways_to_write_a_vietnamese_letter_are_one():
    assert pseudonymiser(SECRET)("\u1ec5") == pseudonymiser(SECRET)("e\u0302\u0303")


@pytest.mark.parametrize("secret", [None, SecretStr(""), SecretStr(" " * 40), SecretStr("short"), SecretStr("ab" * 30)])
def test_refuses_what_is_no_secret(secret):
    with pytest.raises(ConfigurationError, match="IOC_PSEUDONYM_SECRET"):
        pseudonymiser(secret)


def test_derived_secrets_differ_by_purpose():
    one = derive_secret(SECRET, "X", "webhook:a")
    assert len(one) == 32
    assert one == derive_secret(SECRET, "X", "webhook:a")
    assert one not in (derive_secret(SECRET, "X", "webhook:b"), derive_secret(OTHER, "X", "webhook:a"))
    assert one[:16].hex() != pseudonymiser(SECRET)("webhook:a")
