"""A person finds resources in the console and calls them, with a real browser."""

import json
import logging
import re

import pytest

from eaglet.api import ApiError, ApiResource, access_token_required, param_required, registry
from eaglet.auth.access_token_resource import AAccessToken
from eaglet.auth.models import App

from .conftest import PHONE

pytestmark = pytest.mark.services

FITS = "document.documentElement.scrollWidth <= window.innerWidth"
KEPT = "JSON.stringify([localStorage, sessionStorage, document.cookie, history.state])"


class AParcel(ApiResource):
    """Parcels on their way."""

    app = "console_tests"
    resource = "parcel"

    @param_required(["number:int", "?tags:list", "?note"])
    @access_token_required()
    def get(args):
        """Find a parcel."""
        if args["number"] == 404:
            raise ApiError("there is no such parcel", code=1404)
        return {"args": args}

    @param_required(["number:int", "?fragile:bool"])
    @access_token_required()
    def post(args):
        return {"args": args}


class ABroken(ApiResource):
    app = "console_tests"
    resource = "broken"

    def get(args):
        return 1 / 0


RESOURCES = (AParcel, ABroken, AAccessToken)
for each in RESOURCES:
    registry.unregister(each)


@pytest.fixture(autouse=True)
def _resources():
    for each in RESOURCES:
        registry.register(each)
    yield
    for each in RESOURCES:
        registry.unregister(each)


@pytest.fixture
def hermes(transactional_db):
    """An app that may find parcels, and not send them."""
    return App.objects.create_app("hermes", grants=["console_tests.parcel:get"])


def find(page, words, name):
    page.locator("[data-resource]").first.wait_for(state="attached")
    page.get_by_label("Search resources").fill(words)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=name, exact=True).wait_for()


def get_token(page, app_key, secret, held=True):
    if page.locator("#token").get_attribute("open") is None:
        page.locator("#token summary").click()
    page.get_by_label("App key").fill(app_key)
    page.get_by_label("App secret").fill(secret)
    page.get_by_role("button", name="Get an access token").click()
    if held:
        page.locator("#token.held").wait_for()


def operation(page, verb):
    return page.locator(".operation").filter(has=page.locator(f"h2 .verb.{verb}"))


def call(page, verb="GET", **params):
    section = operation(page, verb)
    for name, value in params.items():
        field = section.locator(f"[name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    section.locator(".answers").evaluate("place => place.replaceChildren()")
    section.get_by_role("button", name="Call").click()
    result = section.locator(".result")
    result.wait_for()
    return result


def envelope(result):
    return json.loads(result.locator(".envelope").inner_text())


def test_from_the_search_to_a_green_answer(open_console, hermes):
    page = open_console()
    find(page, "parc", "console_tests.parcel")
    page.locator("[data-resource]").first.wait_for(state="attached")
    listed = page.locator("[data-resource]:visible").all()
    assert [link.get_attribute("data-resource") for link in listed] == ["console_tests.parcel"]
    get = operation(page, "GET")
    assert "Parcels on their way." in page.locator("article").inner_text()
    assert get.locator(".grants code").inner_text() == "console_tests.parcel:get"
    assert "Find a parcel." in get.inner_text()
    labels = [
        re.sub(r"\s+", " ", label) for label in get.locator(".parameter label").all_inner_texts()
    ]
    assert labels == ["number int required", "tags list", "note any"]

    get_token(page, hermes.app.app_key, hermes.secret)
    assert hermes.app.app_key in page.locator("#token-state").inner_text()
    result = call(page, number="7", tags='["a", 1]', note="小鹰 & 'co'")
    assert "good" in result.get_attribute("class")
    assert "HTTP 200" in result.inner_text()
    assert re.search(r"\d+ ms", result.inner_text())
    args = {"number": 7, "tags": ["a", 1], "note": "小鹰 & 'co'"}
    assert envelope(result) == {
        "code": 200, "data": {"args": args}, "errMsg": "", "innerErrMsg": "",
    }  # fmt: skip
    curl = get.locator(".curl").inner_text()
    assert "/console_tests/parcel/?number=7" in curl
    assert '-H "Authorization: Bearer $TOKEN"' in curl
    python = get.locator(".python").inner_text()
    assert '.get(\n    {"resource": "console_tests.parcel", "data": {"number": 7' in python
    compile(python, "console", "exec")
    assert page.locator("#app-secret").input_value() == ""
    everything = page.content() + page.evaluate(KEPT)
    assert hermes.secret not in everything
    assert "egt_" not in everything


def test_the_token_stays_from_resource_to_resource_and_not_over_a_reload(open_console, hermes):
    page = open_console("/console/console_tests/broken/")
    get_token(page, hermes.app.app_key, hermes.secret)
    find(page, "parcel", "console_tests.parcel")
    assert "good" in call(page, number="7").get_attribute("class")
    page.go_back()
    page.get_by_role("heading", name="console_tests.broken", exact=True).wait_for()
    page.go_forward()
    page.get_by_role("heading", name="console_tests.parcel", exact=True).wait_for()
    assert "good" in call(page, number="7").get_attribute("class")
    page.reload()
    assert page.locator("#token-state").inner_text() == "No access token."
    assert "HTTP 401" in call(page, number="7").inner_text()


def test_each_kind_of_refusal_says_what_is_wrong(open_console, hermes, settings):
    page = open_console("/console/console_tests/parcel/")
    result = call(page, number="7")
    assert "HTTP 401" in result.inner_text()
    assert "An access token is required" in result.inner_text()
    assert result.locator(".headers").inner_text().split("\n") == ["WWW-Authenticate", "Bearer"]

    get_token(page, hermes.app.app_key, "egs_wrong", held=False)
    page.get_by_role("alert").get_by_text("The app key or the secret is wrong.").wait_for()
    assert "HTTP 401" in call(page, number="7").inner_text()

    get_token(page, hermes.app.app_key, hermes.secret)
    result = call(page, "POST", number="7", fragile="true")
    assert "HTTP 403" in result.inner_text()
    assert "lacks a grant: console_tests.parcel:post" in result.inner_text()

    result = call(page, number="seven", tags="x")
    assert "HTTP 400" in result.inner_text()
    wrong = operation(page, "GET").locator(".wrong:visible")
    assert wrong.all_inner_texts()[0] == "not an integer"
    assert wrong.count() == 2
    field = operation(page, "GET").locator("[name=number]")
    assert field.get_attribute("aria-invalid") == "true"
    result = call(page, number="404", tags="")
    assert wrong.count() == 0
    assert field.get_attribute("aria-invalid") is None

    assert "business" in result.get_attribute("class")
    assert "code 1404" in result.inner_text()
    assert "A refusal by the resource's own code." in result.inner_text()

    find(page, "broken", "console_tests.broken")
    logging.disable(logging.ERROR)  # its traceback
    try:
        result = call(page)
    finally:
        logging.disable(logging.NOTSET)
    assert "HTTP 500" in result.inner_text()
    assert envelope(result)["innerErrMsg"] in result.locator(".explanation").inner_text()

    registry.unregister(ABroken)  # as after a deployment
    try:
        assert "HTTP 404" in call(page).inner_text()
        assert "There is no such thing." in page.locator(".explanation").inner_text()
    finally:
        registry.register(ABroken)

    settings.EAGLET_TOKEN_CACHE_SECONDS = 0
    hermes.app.tokens.all().delete()
    find(page, "parcel", "console_tests.parcel")
    result = call(page, number="7")
    assert "The access token is no good any more" in result.inner_text()
    assert 'error="invalid_token"' in result.locator(".headers").inner_text()


def test_a_body_has_types_and_what_is_no_object_is_not_sent(open_console, transactional_db):
    app = App.objects.create_app("all")
    page = open_console("/console/console_tests/parcel/")
    get_token(page, app.app.app_key, app.secret)
    result = call(page, "POST", number="7", fragile="true")
    assert envelope(result)["data"] == {"args": {"number": 7, "fragile": True}}
    post = operation(page, "POST")
    post.locator(".other summary").click()
    post.locator("[data-others]").fill('{"more": [1]}')
    assert "more" in post.locator(".curl").inner_text()
    assert envelope(call(page, "POST"))["data"]["args"]["more"] == [1]
    post.locator("[data-others]").fill("[1]")
    post.locator(".answers").evaluate("place => place.replaceChildren()")
    post.get_by_role("button", name="Call").click()
    post.get_by_text("Other parameters are one JSON object.").wait_for()
    assert post.locator(".result").count() == 0


def test_a_secret_among_the_parameters_is_in_no_url_and_on_no_line(open_console, hermes):
    page = open_console("/console/auth/access_token/")
    result = call(page, "GET", app_key=hermes.app.app_key, app_secret=hermes.secret)
    assert "good" in result.get_attribute("class")
    for line in page.locator(".snippets pre").all_inner_texts():
        assert hermes.secret not in line


def test_by_keyboard_alone(open_console, hermes):
    page = open_console()
    press, write = page.keyboard.press, page.keyboard.type

    def focused():
        return page.evaluate("document.activeElement.textContent.trim()")

    press("Tab")
    assert focused() == "Skip to the resource"
    page.locator("[data-resource]").first.wait_for()
    press("/")
    write("console_tests")
    press("ArrowDown")
    assert "broken" in focused()
    press("ArrowDown")
    assert "parcel" in focused()
    press("Enter")
    page.get_by_role("heading", name="console_tests.parcel").wait_for()
    page.wait_for_function("document.activeElement.tagName === 'H1'")
    press("Shift+Tab")
    press("Enter")  # opens the panel of the token
    press("Tab")
    write(hermes.app.app_key)
    press("Tab")
    write(hermes.secret)
    press("Enter")
    page.locator("#token.held").wait_for()
    press("Tab")
    press("Tab")
    assert "GET" in focused()  # what folds the verb
    press("Tab")
    assert page.evaluate("document.activeElement.name") == "number"
    write("7")
    press("Enter")
    page.locator(".result.good").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_console, hermes, scheme):
    page = open_console(viewport=PHONE, scheme=scheme)
    page.wait_for_function(FITS)
    find(page, "parcel", "console_tests.parcel")
    assert not page.locator(".side").is_visible()
    get_token(page, hermes.app.app_key, hermes.secret)
    page.wait_for_function(FITS)
    result = call(page, number="7", note="x" * 300)
    assert "good" in result.get_attribute("class")
    page.wait_for_function(FITS)
    for control in page.locator("main button:visible, main input:visible").all():
        box = control.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
    page.get_by_role("link", name="All resources").click()
    page.locator(".side").wait_for()
    page.wait_for_function(FITS)


def test_in_chinese(open_console, hermes):
    page = open_console(locale="zh-CN")
    page.locator("[data-resource]").first.wait_for()
    page.get_by_label("搜索资源").fill("parcel")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="console_tests.parcel", exact=True).wait_for()
    section = operation(page, "GET")
    section.locator("[name=number]").fill("7")
    section.get_by_role("button", name="调用").click()
    section.get_by_text("需要访问令牌：请在上方获取。").wait_for()
    page.locator("#token summary").click()
    page.get_by_label("App Key").fill(hermes.app.app_key)
    page.get_by_label("密钥", exact=True).fill(hermes.secret)
    page.get_by_role("button", name="获取访问令牌").click()
    page.get_by_text("的访问令牌，有效期至").wait_for()
    section.get_by_role("button", name="调用").click()
    section.get_by_text("应答。", exact=True).wait_for()
    page.get_by_role("link", name="English").click()
    page.get_by_label("Search resources").wait_for()


def test_who_is_not_staff_logs_in_first(open_console, settings, django_user_model):
    django_user_model.objects.create_superuser("operator", password="open sesame")
    settings.EAGLET_CONSOLE = "staff"
    page = open_console()
    page.fill("#id_username", "operator")
    page.fill("#id_password", "open sesame")
    page.click("input[type=submit]")
    page.get_by_role("heading", name="What this service answers").wait_for()


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_the_openapi_document_is_read_as_a_page_without_another_host(open_console, viewport):
    page = open_console("/openapi/", viewport=viewport)
    page.get_by_text("Find a parcel.").click()
    page.get_by_role("button", name="Try it out").first.click()
    page.get_by_placeholder("number").first.fill("7")
    page.get_by_role("button", name="Execute").click()
    page.get_by_text("/console_tests/parcel/?number=7").first.wait_for()
