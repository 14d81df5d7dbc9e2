import re

import pytest

from eaglet.auth import keys as crypto
from eaglet.observability.redaction import redact_text


@pytest.mark.parametrize(
    ("make", "prefix"),
    [(crypto.generate_secret, "egs_"), (crypto.generate_access_token, "egt_")],
)
def test_secrets_and_tokens_are_256_random_bits_behind_a_prefix(make, prefix):
    made = {make() for _ in range(100)}
    assert len(made) == 100
    # 43 characters of 6 bits each hold 32 bytes.
    assert all(re.fullmatch(prefix + r"[A-Za-z0-9_-]{43}", one) for one in made)


def test_app_keys_differ_and_say_what_they_are():
    keys = {crypto.generate_app_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(re.fullmatch("egk_[0-9a-f]{32}", key) for key in keys)


@pytest.mark.parametrize("make", [crypto.generate_secret, crypto.generate_access_token])
def test_what_is_made_here_is_masked_in_logs(make):
    made = make()
    assert made not in redact_text(f"it was {made}, you see")


def test_digest_is_sha256_in_hex():
    assert crypto.digest("abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_digest_takes_any_str():
    assert crypto.digest("\ud800") != crypto.digest("\udfff")


@pytest.mark.parametrize(
    "value", ["", "egt_", "egs_" + "a" * 43, "egt_" + "é" * 43, "egt_" + "a" * 197, None, 7]
)
def test_what_is_not_shaped_like_a_token_is_told_by_its_looks(value):
    assert not crypto.is_access_token_shaped(value)
