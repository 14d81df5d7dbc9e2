"""eaglet's client, in this process, against the service in another: plain and typed calls."""

import importlib.util

import pytest
from django.core.management import CommandError, call_command

from eaglet.client import Resource, ResourceError

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def configured(settings, landscape, credentials):
    settings.ENABLE_API_AUTH = True
    settings.APP_KEY = credentials.app_key
    settings.APP_SECRET = credentials.app_secret
    host = {"HOST": landscape.service.url}
    settings.EAGLET_SERVICES = {"demo": host, "api": host}
    yield
    Resource.forget_token()


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


def test_a_module_written_from_its_document_calls_it(landscape, tmp_path):
    document, output = tmp_path / "openapi.json", tmp_path / "typed_api.py"
    landscape.service_role.manage("openapi", "--output", str(document))
    options = {"output": output, "service": "api", "raise_errors": True}
    call_command("eaglet_client", document, **options)
    call_command("eaglet_client", document, **options, check=True)
    spec = importlib.util.spec_from_file_location("typed_api", output)
    typed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(typed)
    assert typed.demo.data.get(id=7, name="鹰")["data"] == {"args": {"id": 7, "name": "鹰"}}
    assert typed.demo.data.get(id=7)["data"]["args"] == {"id": 7}
    assert typed.outcome.typed.put(id=7)["data"] == {"put": {"id": 7}}
    with pytest.raises(ResourceError, match="1001"):
        typed.outcome.refused.get()


def test_a_service_that_shows_its_document_to_staff_only_is_told_of(landscape, tmp_path):
    output = tmp_path / "typed_api.py"
    with pytest.raises(CommandError, match="EAGLET_CONSOLE"):
        call_command("eaglet_client", landscape.service.url, output=output)
    assert not output.exists()
