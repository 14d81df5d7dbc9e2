"""Who may read /metrics where the console is nobody's."""

import pytest
from django.core.checks import run_checks

TOKEN = "t" * 32
INSIDE = "10.1.2.3"

pytestmark = pytest.mark.usefixtures("verifier")


@pytest.fixture
def read(client, settings):
    """The status of a reading, by a caller at an address."""
    settings.EAGLET_CONSOLE = False

    def read(bearer="", at="192.0.2.1", **headers):
        if bearer:
            headers["authorization"] = f"Bearer {bearer}"
        return client.get("/metrics", headers=headers, REMOTE_ADDR=at)

    return read


@pytest.mark.parametrize(
    ("bearer", "status"),
    [("", 404), (TOKEN, 200), (TOKEN[1:], 401), ("good", 200), ("poor", 403), ("old", 401)],
)
def test_the_token_of_the_settings_and_apps_with_the_grant_may(read, settings, bearer, status):
    settings.EAGLET_METRICS_TOKEN = TOKEN
    answer = read(bearer)
    assert answer.status_code == status
    assert ("eaglet_api_call_seconds" in answer.content.decode()) == (status == 200)
    assert TOKEN not in answer.content.decode()


@pytest.mark.parametrize("unset", ["", None])
def test_no_token_in_the_settings_is_no_token_that_opens(read, settings, unset):
    settings.EAGLET_METRICS_TOKEN = unset
    assert [read(bearer).status_code for bearer in ("", "None")] == [404, 401]


@pytest.mark.parametrize(
    ("at", "headers", "proxies", "status"),
    [
        (INSIDE, {}, 0, 200),
        (INSIDE, {}, 1, 200),
        ("::ffff:10.1.2.3", {}, 0, 200),
        ("192.0.2.1", {}, 0, 404),
        # A proxy inside passes on whoever comes.
        (INSIDE, {"x-forwarded-for": "192.0.2.1"}, 0, 404),
        (INSIDE, {"x-forwarded-for": INSIDE}, 0, 404),
        (INSIDE, {"forwarded": f"for={INSIDE}"}, 0, 404),
        (INSIDE, {"x-forwarded-for": f"{INSIDE}, 192.0.2.1"}, 1, 404),
        (INSIDE, {"x-forwarded-for": f"192.0.2.1, {INSIDE}"}, 1, 200),
        (INSIDE, {"x-forwarded-for": INSIDE}, 2, 404),
        ("", {}, 0, 404),
    ],
)
def test_networks_may_and_nobody_who_comes_through_a_proxy(
    read, settings, at, headers, proxies, status
):
    settings.EAGLET_METRICS_NETWORKS = ["10.0.0.0/8"]
    settings.EAGLET_TRUSTED_PROXIES = proxies
    assert read(at=at, **headers).status_code == status


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("EAGLET_METRICS_TOKEN", "guessable", "fewer than 32 characters"),
        ("EAGLET_METRICS_NETWORKS", ["10.0.0.0/33"], "'10.0.0.0/33' is no network"),
    ],
)
def test_a_check_tells_of_what_does_not_guard(settings, name, value, said):
    setattr(settings, name, value)
    (found,) = [one for one in run_checks() if one.id in ("eaglet_api.E005", "eaglet_api.E006")]
    assert said in found.msg
    assert "guessable" not in f"{found.msg}{found.hint}"
