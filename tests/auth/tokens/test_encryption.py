import pytest
from cryptography.fernet import Fernet

from eaglet.auth.tokens import encryption


def test_encrypted_text_can_be_read_again():
    encrypted = encryption.encrypt("egt_token", "a row")
    assert "egt_token" not in encrypted
    assert encryption.decrypt(encrypted, "a row") == "egt_token"


def test_the_same_text_is_encrypted_differently_each_time():
    assert encryption.encrypt("egt_token", "a row") != encryption.encrypt("egt_token", "a row")


def test_a_fallback_of_the_secret_key_still_decrypts(settings):
    settings.SECRET_KEY = "old"
    encrypted = encryption.encrypt("egt_token", "a row")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert encryption.decrypt(encrypted, "a row") == "egt_token"


def test_a_fallback_never_encrypts(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    encrypted = encryption.encrypt("egt_token", "a row")
    settings.SECRET_KEY_FALLBACKS = []
    assert encryption.decrypt(encrypted, "a row") == "egt_token"


def test_another_secret_key_reads_nothing(settings):
    encrypted = encryption.encrypt("egt_token", "a row")
    settings.SECRET_KEY = "another"
    assert encryption.decrypt(encrypted, "a row") is None


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "é", Fernet(Fernet.generate_key()).encrypt(b"x")],
    ids=["nothing", "nonsense", "not ASCII", "encrypted with another key"],
)
def test_what_was_not_encrypted_here_reads_as_nothing(text):
    assert encryption.decrypt(text if isinstance(text, str) else text.decode(), "a row") is None


def test_what_is_copied_to_another_row_can_not_be_read_there():
    encrypted = encryption.encrypt("egt_token", "a row")
    assert encryption.decrypt(encrypted, "another row") is None
