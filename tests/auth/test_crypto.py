import re

import pytest
from cryptography.fernet import Fernet

from eaglet.auth import crypto
from eaglet.redaction import redact_text


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


def test_encrypted_text_can_be_read_again():
    encrypted = crypto.encrypt("egt_token")
    assert "egt_token" not in encrypted
    assert crypto.decrypt(encrypted) == "egt_token"


def test_the_same_text_is_encrypted_differently_each_time():
    assert crypto.encrypt("egt_token") != crypto.encrypt("egt_token")


def test_a_fallback_of_the_secret_key_still_decrypts(settings):
    settings.SECRET_KEY = "old"
    encrypted = crypto.encrypt("egt_token")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert crypto.decrypt(encrypted) == "egt_token"


def test_a_fallback_never_encrypts(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    encrypted = crypto.encrypt("egt_token")
    settings.SECRET_KEY_FALLBACKS = []
    assert crypto.decrypt(encrypted) == "egt_token"


def test_another_secret_key_reads_nothing(settings):
    encrypted = crypto.encrypt("egt_token")
    settings.SECRET_KEY = "another"
    assert crypto.decrypt(encrypted) is None


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "é", Fernet(Fernet.generate_key()).encrypt(b"x")],
    ids=["nothing", "nonsense", "not ASCII", "encrypted with another key"],
)
def test_what_was_not_encrypted_here_reads_as_nothing(text):
    assert crypto.decrypt(text if isinstance(text, str) else text.decode()) is None
