import re

import pytest

from eaglet.auth import keys
from eaglet.observability.redaction import redact_text


@pytest.mark.parametrize(
    ("make", "prefix"),
    [(keys.generate_secret, "egs_"), (keys.generate_access_token, "egt_")],
)
def test_secrets_and_tokens_are_256_random_bits_behind_a_prefix(make, prefix):
    made = {make() for _ in range(100)}
    assert len(made) == 100
    # 43 characters of 6 bits each hold 32 bytes.
    assert all(re.fullmatch(prefix + r"[A-Za-z0-9_-]{43}", one) for one in made)


def test_app_keys_differ_and_say_what_they_are():
    made = {keys.generate_app_key() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch("egk_[0-9a-f]{32}", key) for key in made)


@pytest.mark.parametrize("make", [keys.generate_secret, keys.generate_access_token])
def test_a_secret_or_token_does_not_show_among_the_variables_of_a_frame(make):
    value = make()
    assert repr(value) == repr({"kept": value})[9:-1] == "'***'"
    assert f"{value}" == str(value) != "***"


@pytest.mark.parametrize("make", [keys.generate_secret, keys.generate_access_token])
def test_what_is_made_here_is_masked_in_logs(make):
    made = make()
    assert made not in redact_text(f"it was {made}, you see")


def test_digest_is_sha256_in_hex():
    assert keys.digest("abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_digest_takes_any_str():
    assert keys.digest("\ud800") != keys.digest("\udfff")


@pytest.mark.parametrize(
    "value", ["", "egt_", "egs_" + "a" * 43, "egt_" + "é" * 43, "egt_" + "a" * 197, None, 7]
)
def test_what_is_not_shaped_like_a_token_is_told_by_its_looks(value):
    assert not keys.is_access_token_shaped(value)
