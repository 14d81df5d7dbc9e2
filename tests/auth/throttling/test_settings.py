import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from eaglet.auth.throttling.limits import parse_rate

NO_RATES = ["", "600", "0/min", "-1/min", "1.5/min", "600/fortnight", "600/", "/min", 600]


@pytest.mark.parametrize("text", NO_RATES)
def test_anything_else_is_told_of(text):
    with pytest.raises(ImproperlyConfigured, match="600/min"):
        parse_rate(text)


def found():
    return {message.id: message for message in run_checks() if "eaglet_auth.E01" in message.id}


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
