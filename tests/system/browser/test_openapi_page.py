"""axe-core finds nothing on the page of the OpenAPI document either, its forms and dialog open."""

import pytest

from eaglet.api import ApiResource, access_token_required, param_required, registry
from eaglet.auth.access_token_resource import AAccessToken

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
]


class AParcel(ApiResource):
    """Parcels on their way."""

    app = "openapi_page"
    resource = "parcel"

    @param_required(["number:int", "?tags:list", "?fragile:bool"])
    @access_token_required()
    def get(args):
        """Find a parcel."""

    post = put = patch = delete = get


RESOURCES = (AParcel, AAccessToken)
for each in RESOURCES:
    registry.unregister(each)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_on_the_page_of_the_document(axe, open_console, declared, width, scheme):
    for each in RESOURCES:
        registry.register(each)
    page = open_console("/openapi/", viewport={"width": width, "height": 900}, scheme=scheme)
    page.locator(".opblock").first.wait_for()
    assert axe(page) == []
    page.locator(".opblock-summary-control").first.click()
    page.locator(".responses-table").first.wait_for()
    assert axe(page) == []
    for kind in ("get", "post"):  # with a query, and with a body
        opened = page.locator(f".opblock-{kind}").first
        if opened.locator(".opblock-body").count() == 0:
            opened.locator(".opblock-summary-control").click()
        opened.locator(".try-out__btn").click()
    first = page.locator(".opblock").first
    for field in first.locator("tr[data-param-name] input").all():
        field.fill("none")
    first.locator(".execute").click()
    page.locator(".live-responses-table").first.wait_for()
    assert axe(page) == []
    page.locator(".btn.authorize").first.click()
    page.get_by_role("dialog", name="Available authorizations").wait_for()
    assert axe(page) == []
    page.get_by_role("button", name="Close").first.click()
    # Where it is, though there is no link in the button that opens it.
    assert page.url.partition("#")[2].startswith("/")
