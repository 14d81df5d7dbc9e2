"""A person reads the OpenAPI document as a page, with a real browser."""

import pytest

from eaglet.api import ApiResource, param_required, registry

from .conftest import PHONE

pytestmark = pytest.mark.services


class AParcel(ApiResource):
    """Parcels on their way."""

    app = "openapi_tests"
    resource = "parcel"

    @param_required(["number:int"])
    def get(args):
        """Find a parcel."""
        return {}


registry.unregister(AParcel)


@pytest.fixture(autouse=True)
def _resource():
    registry.register(AParcel)
    yield
    registry.unregister(AParcel)


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_the_document_is_read_as_a_page_without_another_host(open_console, shots, viewport):
    page = open_console("/openapi/", viewport=viewport)
    page.get_by_text("Find a parcel.").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_placeholder("number").fill("7")
    page.get_by_role("button", name="Execute").click()
    page.get_by_text("/openapi_tests/parcel/?number=7").first.wait_for()
    shots(page, f"openapi-{'phone' if viewport else 'desk'}")
