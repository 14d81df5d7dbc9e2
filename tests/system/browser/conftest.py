"""A browser, and a person who is logged in to the admin with it.

Without services a test that asks for one is skipped, and says so.
"""

import os
import re
import shutil
from urllib.parse import urlsplit

import pytest

from tests.system.servers.fixtures import MISSING

CHROMIUM = shutil.which("chromium")
OPTIONS = [
    "--no-sandbox",  # refused to root
    "--disable-gpu",
    # Nothing leaves the machine.
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SWAGGER_S = "[DOM] Password field is not contained in a form"  # of its dialog
MAY_BLOCK = "DJANGO_ALLOW_ASYNC_UNSAFE"
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="package")
def chromium():
    if not os.environ.get("EAGLET_TEST_SERVICES"):
        pytest.skip(f"needs Chromium: {MISSING}")
    if CHROMIUM is None:
        pytest.fail("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, in which Django would refuse to wait for a
    # database.
    before = os.environ.get(MAY_BLOCK)
    os.environ[MAY_BLOCK] = "1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
            yield browser
            browser.close()
    finally:
        if before is None:
            del os.environ[MAY_BLOCK]
        else:
            os.environ[MAY_BLOCK] = before


@pytest.fixture
def axe(chromium):
    """Gives the rules of axe-core that a page breaks."""
    from axe_playwright_python.sync_playwright import Axe

    return lambda page: [one["id"] for one in Axe().run(page).response["violations"]]


@pytest.fixture
def open_page(chromium, transactional_db, live_server, settings, django_user_model):
    """Opens the admin in a language and a window, logged in by its form.

    Afterwards: nothing was asked of another host, and the browser had nothing to complain of,
    under a policy that allows no inline script or style.
    """
    settings.MIDDLEWARE = ["tests.system.browser.policy.strict_policy", *settings.MIDDLEWARE]
    django_user_model.objects.create_superuser("operator", password="open sesame")
    contexts, complaints = [], []

    def note(request):
        if urlsplit(request.url).netloc != urlsplit(live_server.url).netloc:
            complaints.append(request.url)

    def open_(locale="en-GB", viewport=None, path="/admin/", user="operator"):
        context = chromium.new_context(
            locale=locale, viewport=viewport or {"width": 1200, "height": 900}
        )
        contexts.append(context)
        context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.goto(f"{live_server.url}{path}")
        page.fill("#id_username", user)
        page.fill("#id_password", "open sesame")
        page.click("input[type=submit]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def open_console(chromium, transactional_db, live_server, settings):
    """Opens a page of the service in a language and a window.

    Afterwards: nothing was asked of another host, no URL had anything secret, and the browser
    had nothing to complain of but the statuses of refused calls.
    """
    settings.EAGLET_CONSOLE = True
    contexts, complaints, urls = [], [], []

    def note(request):
        urls.append(request.url)
        if urlsplit(request.url).netloc != urlsplit(live_server.url).netloc:
            complaints.append(request.url)

    def complain(said):
        if not re.search(
            rf"the server responded with a status of|{re.escape(SWAGGER_S)}", said.text
        ):
            complaints.append(f"{said.type}: {said.text}")

    def open_(path="/console/", locale="en-GB", viewport=None, scheme="light"):
        context = chromium.new_context(
            locale=locale,
            viewport=viewport or {"width": 1280, "height": 900},
            color_scheme=scheme,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", complain)
        page.goto(f"{live_server.url}{path}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
    assert not re.search("egs_|egt_|egk_", "".join(urls))
