"""How long the work at hand may still take."""

import pytest

from eaglet import deadline


def test_within_a_block_the_time_that_is_left_is_known():
    with deadline.within(5):
        assert 4 < deadline.remaining() <= 5
    assert deadline.remaining() is None


def test_a_bound_is_only_ever_brought_forward():
    with deadline.within(5):
        with deadline.within(60):
            assert deadline.remaining() <= 5
        with deadline.within(1):
            assert deadline.remaining() <= 1
        with deadline.within(None):
            assert 4 < deadline.remaining() <= 5
        assert 4 < deadline.remaining() <= 5


@pytest.mark.parametrize("seconds", [0, -5])
def test_time_that_is_over_is_zero_and_never_less(seconds):
    with deadline.within(seconds):
        assert deadline.remaining() == 0


@pytest.mark.parametrize(
    ("text", "seconds"), [("1000", 1), ("0", 0), ("1", 0.001), ("9" * 12, 86400)]
)
def test_the_header_is_read(text, seconds):
    assert deadline.parse_header(text) == seconds
