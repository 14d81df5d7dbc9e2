import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from eaglet.auth.throttling.limits import parse_rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("600/min", (600, 60)),
        ("5/m", (5, 60)),
        ("1/s", (1, 1)),
        ("20/hour", (20, 3600)),
        ("9/day", (9, 86400)),
        (None, None),
    ],
)
def test_a_rate_is_so_many_in_a_time(text, rate):
    assert parse_rate(text) == rate


NO_RATES = ["", "600", "0/min", "-1/min", "1.5/min", "600/fortnight", "600/", "/min", 600]


@pytest.mark.parametrize("text", NO_RATES)
def test_anything_else_is_told_of(text):
    with pytest.raises(ImproperlyConfigured, match="600/min"):
        parse_rate(text)


def found():
    return {message.id: message for message in run_checks() if "eaglet_auth.E01" in message.id}


def test_the_default_settings_are_in_order():
    assert found() == {}


@pytest.mark.parametrize(
    ("setting", "value", "id_"),
    [
        ("EAGLET_TOKEN_RATE_PER_ADDRESS", "often", "eaglet_auth.E011"),
        ("EAGLET_TOKEN_FAILURE_RATE", "20", "eaglet_auth.E011"),
    ],
)
def test_a_setting_that_is_wrong_is_found_at_the_start(settings, setting, value, id_):
    setattr(settings, setting, value)
    assert set(found()) == {id_}
    assert setting in found()[id_].msg
    assert found()[id_].hint
