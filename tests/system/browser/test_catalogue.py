"""A person looks around the catalogue of fifty services, with a real browser."""

from io import StringIO

import pytest
from django.core.management import call_command

from tests.contracts.services import HOSTILE, calls, fifty, openapi, written

from .conftest import PHONE

pytestmark = pytest.mark.services

FITS = "document.documentElement.scrollWidth <= window.innerWidth"


@pytest.fixture
def open_catalogue(chromium, tmp_path):
    """Opens the page from its file; afterwards the browser had nothing to complain of."""
    contexts, complaints, requests = [], [], []

    def open_(documents, **options):
        files = [str(one) for one in written(tmp_path, *documents)]
        page_file = tmp_path / "catalogue.html"
        call_command("eaglet_catalogue", *files, output=page_file, stdout=StringIO())
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("dialog", lambda dialog: complaints.append("a dialog"))
        page.goto(page_file.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
    assert all(url.startswith("file:") for url in requests)


def test_fifty_services_are_found_and_followed(open_catalogue):
    page = open_catalogue(fifty())
    assert page.locator("details").count() == 50
    page.fill("#search", "app7.r0:get")
    assert page.locator("details:visible").count() == 3  # it, and the two that call it
    page.fill("#search", "")
    assert page.locator("details:visible").count() == 50
    page.click("summary:has-text('service-7 ')")
    page.click("details[open] >> a:has-text('service-6')")
    assert page.locator("details[open] > summary:has-text('service-6 ')").count() == 1


def test_it_fits_a_phone(open_catalogue):
    page = open_catalogue(fifty("x" * 200), viewport=PHONE)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate(FITS)


def test_hostile_text_does_nothing(open_catalogue):
    page = open_catalogue(
        [openapi(HOSTILE, "a.b:get", summary=HOSTILE), calls(HOSTILE, HOSTILE, "a.b:get")]
    )
    page.click("summary")
    assert page.title() != "run"
    assert page.locator("img").count() == 0
    assert HOSTILE in page.inner_text("details")
