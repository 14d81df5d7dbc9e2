"""eaglet's client, in this process, against the service in another."""

import socket

import pytest

from eaglet.client import Resource, ResourceError, ServiceUnavailable

pytestmark = pytest.mark.slow

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def configured(settings, landscape, credentials):
    settings.ENABLE_API_AUTH = True
    settings.APP_KEY = credentials.app_key
    settings.APP_SECRET = credentials.app_secret
    settings.EAGLET_SERVICES = {"demo": {"HOST": landscape.service.url}}
    yield
    Resource.forget_token()


def test_a_call_is_answered():
    resp = Resource.use("demo").get({"resource": "demo.data", "data": {"id": 7, "name": "鹰"}})
    assert resp["code"] == 200
    assert resp["data"] == {"args": {"id": 7, "name": "鹰"}}


@pytest.mark.parametrize(
    ("verb", "data"),
    [("post", {"id": 7}), ("put", {"put": {"id": 7}}), ("delete", {"deleted": 7})],
)
def test_every_verb_arrives_with_its_data(verb, data):
    call = getattr(Resource.use("demo"), verb)
    assert call({"resource": "outcome.typed", "data": {"id": 7}})["data"] == data


@pytest.mark.parametrize("verb", ["get", "post"])
@pytest.mark.parametrize("ids", [[], ["7"], ["7", "8"]], ids=["none", "one", "two"])
def test_a_list_arrives_as_a_list_however_long_it_is(verb, ids):
    call = getattr(Resource.use("demo", raise_errors=True), verb)
    assert call({"resource": "outcome.listed", "data": {"ids": ids}})["data"] == ids


def test_a_business_code_is_none_or_raised():
    request = {"resource": "outcome.refused"}
    assert Resource.use("demo").get(request) is None
    with pytest.raises(ResourceError) as raised:
        Resource.use("demo", raise_errors=True).get(request)
    assert (raised.value.code, raised.value.data) == (1001, {"left": 0})


def test_without_credentials_a_guarded_resource_refuses(settings):
    settings.ENABLE_API_AUTH = False
    with pytest.raises(ResourceError) as raised:
        Resource.use("demo", raise_errors=True).get({"resource": "demo.data", "data": {"id": 7}})
    assert raised.value.status_code == 401


def test_a_service_that_is_not_there_is_none_or_raised(settings):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings.ENABLE_API_AUTH = False
    settings.EAGLET_SERVICES = {"demo": {"HOST": f"http://127.0.0.1:{port}"}}
    request = {"resource": "demo.data", "data": {"id": 7}}
    assert Resource.use("demo").get(request) is None
    with pytest.raises(ServiceUnavailable):
        Resource.use("demo", raise_errors=True).get(request)
