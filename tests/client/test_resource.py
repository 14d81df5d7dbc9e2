import subprocess
import sys

import pytest

import eaglet.client
from eaglet.client import (
    EagletError,
    InvalidRequest,
    Resource,
    ResourceError,
    ServiceUnavailable,
)

from .calling import CALL
from .recording_server import Reply, envelope


def test_exports_are_these():
    assert set(eaglet.client.__all__) == {
        "CircuitOpen",
        "EagletError",
        "InvalidEnvelope",
        "InvalidRequest",
        "RequestError",
        "Resource",
        "ResourceError",
        "ServiceTimeout",
        "ServiceUnavailable",
        "TokenUnavailable",
    }
    assert all(hasattr(eaglet.client, name) for name in eaglet.client.__all__)


def test_importing_and_configuring_read_no_setting():
    script = (
        "from eaglet.client import Resource\n"
        "Resource.configure({'service_map': {'gaia': 'gaia@inner'}, 'app_key': 'k'})\n"
        "Resource.use('gaia')\n"
        "from django.conf import settings\n"
        "assert not settings.configured\n"
    )
    env = {"PATH": "", "DJANGO_SETTINGS_MODULE": "there.is.none"}
    subprocess.run([sys.executable, "-c", script], check=True, env=env)


@pytest.mark.parametrize("code", [200, 500])
@pytest.mark.parametrize("raise_errors", [False, True])
def test_an_envelope_of_code_200_or_500_is_returned(card, code, raise_errors):
    card.always(envelope({"b": 2}, code, "why" if code == 500 else ""))
    resp = Resource.use("card", raise_errors=raise_errors).post(CALL)
    assert resp == {
        "code": code,
        "data": {"b": 2},
        "errMsg": "why" if code == 500 else "",
        "innerErrMsg": "",
    }


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(envelope(None, 531, "crash")), (531, "crash", 200)),
        (Reply(envelope(None, 401, "business")), (401, "business", 200)),
        (Reply(envelope(None, 400, "id: missing"), status=400), (400, "id: missing", 400)),
        (Reply(envelope(None, 500, "odd"), status=500), (500, "odd", 500)),
        (Reply(envelope(None, 200), status=404), (200, "", 404)),
        (Reply(envelope(None, 503, "busy"), status=503), (503, "busy", 503)),
        (Reply(b"<html>", status=404), (404, "HTTP 404 without an envelope", 404)),
        (Reply(b"oops", status=500), (500, "HTTP 500 without an envelope", 500)),
        (Reply(envelope(None, 531, {"a": "é"})), (531, '{"a": "é"}', 200)),
    ],
)
def test_any_other_code_or_status_is_none_or_a_resource_error(card, reply, expected):
    card.answer = lambda request: reply
    assert Resource.use("card").get(CALL) is None
    with pytest.raises(ResourceError) as raised:
        Resource.use("card", raise_errors=True).get(CALL)
    error = raised.value
    assert (error.code, error.message, error.status_code) == expected


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_failure_without_an_envelope_is_unavailable(card, status):
    card.always(b"<html>bad gateway</html>", status=status, content_type="text/html")
    with pytest.raises(ServiceUnavailable, match=f"HTTP {status}"):
        Resource.use("card", raise_errors=True).get(CALL)


def test_an_envelope_may_lack_all_but_its_code(card):
    card.always({"code": 200})
    assert Resource.use("card").get(CALL) == {"code": 200}


def test_the_setting_makes_failures_raise(card, settings):
    settings.EAGLET_CLIENT_RAISE_ERRORS = True
    card.always(envelope(None, 531))
    with pytest.raises(ResourceError):
        Resource.use("card").get(CALL)
    assert Resource.use("card", raise_errors=False).get(CALL) is None


@pytest.mark.parametrize(
    "request_",
    [
        None,
        [],
        "card.trade",
        {},
        {"resource": None},
        {"resource": 7},
        {"resource": ""},
        {"resource": "a..b"},
        {"resource": ".a"},
        {"resource": "a."},
        {"resource": "a/b"},
        {"resource": "a.b\n"},
        {"resource": "a b"},
        {"resource": "数.据"},
        {"resource": "a@b"},
        {"resource": "a.b", "data": []},
        {"resource": "a.b", "data": "x=1"},
        {"resource": "a.b", "data": {"x": object()}},
        {"resource": "a.b", "data": {"x": float("nan")}},
    ],
)
@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_call_that_is_wrong_is_not_sent(card, request_, verb):
    assert getattr(Resource.use("card"), verb)(request_) is None
    with pytest.raises(InvalidRequest):
        getattr(Resource.use("card", raise_errors=True), verb)(request_)
    assert card.received == []


@pytest.mark.parametrize("name", ["a/b", "..", "a..b", ".", "a b", "x@y", 7, ["card"], "é"])
def test_a_bad_service_name_is_told_when_it_is_called(card, settings, name):
    settings.EAGLET_GATEWAY_HOST = card.url
    resource = Resource.use(name, raise_errors=True)
    with pytest.raises(InvalidRequest):
        resource.get(CALL)
    assert card.received == []


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete"])
@pytest.mark.parametrize("kind", ["issuer", "legacy_issuer"])
def test_the_callers_dict_is_not_written_to(request, kind, verb):
    request.getfixturevalue(kind)
    data = {"a": None, "b": [1, {"c": 2}]}
    call = {"resource": "card.trade", "data": data}
    assert getattr(Resource.use("card", raise_errors=True), verb)(call)["data"] == "secret data"
    assert call == {"resource": "card.trade", "data": {"a": None, "b": [1, {"c": 2}]}}


def test_an_error_raised_while_another_is_handled_says_nothing_of_that(card):
    card.always(b"no")
    try:
        raise KeyError("password")
    except KeyError:
        with pytest.raises(EagletError) as raised:
            Resource.use("card", raise_errors=True).put(CALL)
    assert raised.value.__suppress_context__


def test_configure_warns_about_keys_it_does_not_know():
    with pytest.warns(UserWarning, match="does not know app_keys; it knows api_scheme, app_key"):
        Resource.configure({"app_keys": "x"})


def test_configure_keeps_what_it_is_not_given(card, settings):
    settings.EAGLET_SERVICES = {}
    Resource.configure({"gateway_host": card.host})
    Resource.configure({"service_map": {"gaia": "gaia@inner"}})
    Resource.use("gaia", raise_errors=True).get({"resource": "a.b"})
    assert card.received[0].path == "/gaia@inner/a/b/"
