import pytest
from django.core.checks import run_checks

from eaglet.client import Resource


def found(settings, **values):
    for name, value in values.items():
        setattr(settings, name, value)
    messages = [
        message for message in run_checks() if (message.id or "").startswith("eaglet_client.")
    ]
    assert all(message.hint for message in messages)
    return {message.id.removeprefix("eaglet_client."): message for message in messages}


def test_usual_settings_are_in_order(settings):
    services = {
        "card": {"HOST": "http://card:8000/v1", "APP_KEY": "k", "APP_SECRET": "s"},
        "gaia@inner": {"TIMEOUT_SECONDS": 2, "CONNECT_TIMEOUT_SECONDS": 0.5},
        "zeus": {"HOST": "zeus", "IDEMPOTENT": ["PUT"], "CA_BUNDLE": "/ca.pem"},
    }
    assert (
        found(
            settings,
            EAGLET_SERVICES=services,
            EAGLET_GATEWAY_HOST="gateway.example.com",
            EAGLET_TRUSTED_HOSTS=["api.zeus.com", "https://x:8443"],
            EAGLET_LEGACY_SERVICES=["zeus"],
            ENABLE_API_AUTH=True,
            APP_KEY="k",
            APP_SECRET="s",
        )
        == {}
    )


GOOD = {"HOST": "http://card"}


@pytest.mark.parametrize(
    ("number", "values"),
    [
        ("E002", {"EAGLET_SERVICES": {"a/b": GOOD}}),
        ("E004", {"EAGLET_SERVICES": {"card": {**GOOD, "TIMEOUT": 3}}}),
        ("E002", {"EAGLET_SERVICES": {"card": {}}}),
        ("E002", {"EAGLET_SERVICES": {"card": {**GOOD, "TIMEOUT_SECONDS": "3"}}}),
        ("E002", {"EAGLET_SERVICES": {"card": {**GOOD, "CONNECT_TIMEOUT_SECONDS": 0}}}),
        ("E002", {"EAGLET_SERVICES": {"card": {**GOOD, "READ_TIMEOUT_SECONDS": -1}}}),
        ("E007", {"EAGLET_SERVICES": {"card": {**GOOD, "APP_KEY": "k"}}}),
        ("E007", {"EAGLET_SERVICES": {"card": {**GOOD, "APP_SECRET": "s"}}}),
        ("E002", {"EAGLET_SERVICES": {"card": {"HOST": "http://user:pass@card"}}}),
        ("E002", {"EAGLET_SERVICES": {"card": {"HOST": "http://card/?a=1"}}}),
        ("E008", {"EAGLET_GATEWAY_HOST": "ftp://card"}),
        ("E008", {"EAGLET_TRUSTED_HOSTS": [""]}),
        ("E010", {"EAGLET_LEGACY_SERVICES": "card"}),
        ("E002", {"EAGLET_SERVICES": {"card": {**GOOD, "IDEMPOTENT": "PUT"}}}),
        ("E002", {"EAGLET_SERVICES": {"card": {**GOOD, "IDEMPOTENT": ["HEAD"]}}}),
        ("E002", {"EAGLET_SERVICES": {"card": {**GOOD, "IDEMPOTENT": [1]}}}),
        ("E011", {"ENABLE_API_AUTH": True}),
        ("E011", {"ENABLE_API_AUTH": True, "APP_KEY": "k"}),
        ("E011", {"ENABLE_API_AUTH": True, "EAGLET_SERVICES": {"card": GOOD}}),
    ],
)
def test_what_would_make_calls_fail_is_an_error(settings, number, values):
    messages = found(settings, **values)
    assert list(messages) == [number]
    assert "pass@" not in str(messages[number])


def test_an_unknown_key_is_told_with_the_nearest_there_is(settings):
    messages = found(settings, EAGLET_SERVICES={"card": {**GOOD, "timeout": 3}})
    assert messages["E004"].hint == "Did you mean 'TIMEOUT_SECONDS'?"
    messages = found(settings, EAGLET_SERVICES={"card": {**GOOD, "zzz": 3}})
    assert messages["E004"].hint.startswith("The keys are HOST, APP_KEY")


def test_credentials_of_every_service_by_itself_are_enough(settings):
    entry = {**GOOD, "APP_KEY": "k", "APP_SECRET": "s"}
    assert found(settings, ENABLE_API_AUTH=True, EAGLET_SERVICES={"card": entry}) == {}


def test_what_configure_sets_counts(settings):
    Resource.configure(
        {"enable_api_auth": True, "app_key": "k", "app_secret": "s", "gateway_host": "gw"}
    )
    assert found(settings, EAGLET_SERVICES={"card": {}}) == {}
