import re

import pytest

from eaglet.auth import keys
from eaglet.observability.redaction import redact_text


@pytest.mark.parametrize(
    ("make", "prefix"),
    [(keys.generate_secret, "egs_"), (keys.generate_access_token, "egt_")],
)
def test_secrets_and_tokens_are_256_random_bits_behind_a_prefix_and_masked(make, prefix):
    made = {make() for _ in range(100)}
    assert len(made) == 100
    # 43 characters of 6 bits each hold 32 bytes.
    assert all(re.fullmatch(prefix + r"[A-Za-z0-9_-]{43}", one) for one in made)
    for value in made:
        assert value not in redact_text(f"it was {value}, you see")
        assert repr(value) == repr({"kept": value})[9:-1] == "'***'"
        assert f"{value}" == str(value) != "***"
