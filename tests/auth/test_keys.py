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


@pytest.mark.parametrize("make", [keys.generate_secret, keys.generate_access_token])
def test_a_secret_or_token_does_not_show_among_the_variables_of_a_frame(make):
    value = make()
    assert repr(value) == repr({"kept": value})[9:-1] == "'***'"
    assert f"{value}" == str(value) != "***"


@pytest.mark.parametrize("make", [keys.generate_secret, keys.generate_access_token])
def test_what_is_made_here_is_masked_in_logs(make):
    made = make()
    assert made not in redact_text(f"it was {made}, you see")
