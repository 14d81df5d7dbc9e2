"""A module written from what the service says of itself, calling the service in its process."""

import importlib.util

import pytest
from django.core.management import CommandError, call_command

from eaglet.client import Resource, ResourceError

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def document(landscape, tmp_path):
    """What `manage.py openapi` writes for it."""
    file = tmp_path / "openapi.json"
    landscape.service_role.manage("openapi", "--output", str(file))
    return file


@pytest.fixture
def typed(document, tmp_path, settings, landscape, credentials):
    """The module, with credentials to call the service."""
    settings.ENABLE_API_AUTH = True
    settings.APP_KEY = credentials.app_key
    settings.APP_SECRET = credentials.app_secret
    settings.EAGLET_SERVICES = {"api": {"HOST": landscape.service.url}}
    output = tmp_path / "typed_api.py"
    call_command("eaglet_client", document, output=output, service="api", raise_errors=True)
    call_command(
        "eaglet_client", document, output=output, service="api", raise_errors=True, check=True
    )
    spec = importlib.util.spec_from_file_location("typed_api", output)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    Resource.forget_token()


def test_the_service_answers_typed_calls(typed):
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
