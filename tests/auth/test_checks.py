"""System checks: every id, by the settings that bring it out and those that do not."""

import re
from pathlib import Path

import pytest
from django.core.checks import run_checks

from eaglet.auth import checks

CARD = {"card": "https://card.example"}
ISSUER = {"EAGLET_ISSUER": "https://issuer.example"}

# Id, what brings it out, what does not. Those in capitals are settings.
CASES = [
    ("W001", {"EAGLET_TOKEN_IN_PARAMETER": True}, {"EAGLET_TOKEN_IN_PARAMETER": False}),
    ("W002", {"EAGLET_SECRET_IN_QUERY": True}, {"EAGLET_SECRET_IN_QUERY": False}),
    ("W003", {"EAGLET_ISSUE_TOKENS": True, "without": "eaglet.api"}, {"EAGLET_ISSUE_TOKENS": True}),
    ("W005", {}, {"SECURE_SSL_REDIRECT": True}),
    ("W005", {}, {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}),
    (
        "W007",
        {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")},
        {
            "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
            "EAGLET_TRUSTED_PROXIES": 1,
        },
    ),
    *[
        ("E010", {"EAGLET_ISSUER": bad}, {"EAGLET_ISSUER": good})
        for bad, good in [
            ("http://a.example", "https://a.example"),
            ("https://a.example/?x=1", "https://a.example/member"),
            ("https://a.example/#x", "https://a.example:8443"),
            ("a.example", None),
            ("https://[", None),
        ]
    ],
    *[
        ("E011", {name: bad}, {name: good})
        for name, good in [
            ("EAGLET_TOKEN_RATE_PER_ADDRESS", "20/min"),
            ("EAGLET_TOKEN_FAILURE_RATE", None),
        ]
        for bad in ("", "600", "0/min", "-1/min", "1.5/min", "600/fortnight", "600/", "/min")
    ],
    *[
        ("E012", {**bad, "EAGLET_ISSUE_TOKENS": True}, good)
        for bad, good in [
            ({"EAGLET_AUDIENCES": CARD}, {"EAGLET_AUDIENCES": CARD, **ISSUER}),
            ({"EAGLET_AUDIENCES": {"card": "card"}, **ISSUER}, ISSUER),
            ({"EAGLET_AUDIENCES": {"card": "https://card.example#a"}, **ISSUER}, {}),
        ]
    ],
    *[
        ("E013", {"EAGLET_TOKEN_VERIFIERS": bad}, good)
        for bad, good in [
            (["jwt"], {"EAGLET_TOKEN_VERIFIERS": ["jwt"], "EAGLET_AUDIENCE": "a", **ISSUER}),
            (["introspection"], {"EAGLET_TOKEN_VERIFIERS": ["database"]}),
            (["no.such.Verifier"], {}),
            ([], {}),
        ]
    ],
]
ONLY_AT_DEPLOYMENT = {"W001", "W002", "W005", "W007"}


@pytest.fixture
def issuing(token_endpoint):
    """A service that issues tokens."""


@pytest.fixture
def found(settings):
    """The messages under some settings, by id."""

    def find(*, deploy=False, without=None, **named):
        for name, value in named.items():
            setattr(settings, name, value)
        if without:
            settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != without]
        messages = run_checks(include_deployment_checks=deploy)
        return {one.id: one for one in messages if one.id.startswith("eaglet_auth.")}

    return find


@pytest.mark.parametrize(("number", "bad", "_good"), CASES)
def test_a_check_finds_what_is_wrong_and_says_what_to_do(number, bad, _good, issuing, found):
    messages = found(deploy=number in ONLY_AT_DEPLOYMENT, **bad)
    message = messages[f"eaglet_auth.{number}"]
    assert message.hint
    assert message.is_serious() is number.startswith("E")


@pytest.mark.parametrize(("number", "_bad", "good"), CASES)
def test_a_check_finds_nothing_where_nothing_is_wrong(number, _bad, good, issuing, found):
    assert f"eaglet_auth.{number}" not in found(deploy=True, **good)


def test_deployment_that_issues_no_tokens_is_not_warned_of_them(monkeypatch, found):
    monkeypatch.setattr(checks.registry, "lookup", lambda app, resource: None)
    of_tokens = {"eaglet_auth.W005", "eaglet_auth.W007"}
    assert not of_tokens & set(found(deploy=True, EAGLET_TOKEN_LIFETIME_SECONDS=10**6))


def test_every_id_has_one_meaning_a_test_and_a_check_that_is_registered():
    modules = Path(checks.__file__).parent.glob("*checks.py")
    source = "".join(path.read_text(encoding="utf-8") for path in modules)
    ids = re.findall(r'id="eaglet_auth\.([WE]\d{3})"', source)
    assert len(ids) == len(set(ids)) > 6
    # Each has been found by a run of all checks, so it is registered too.
    assert set(ids) == {number for number, _bad, _good in CASES}
