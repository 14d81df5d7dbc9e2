"""What a person may rely on in the console, rule by rule, with a real browser."""

import json
from decimal import Decimal
from typing import Literal, TypedDict

import pytest

from eaglet.api import ApiResource, access_token_required, param_required, registry
from eaglet.auth.access_token_resource import AAccessToken
from eaglet.auth.models import App
from eaglet.auth.tokens.issuing import issue_access_token

pytestmark = pytest.mark.services

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
KEPT = "JSON.stringify([localStorage, sessionStorage, document.cookie, history.state])"


class Item(TypedDict):
    id: int
    price: Decimal
    currency: Literal["EUR", "CNY"]


class APicture(ApiResource):
    """Pictures of what is kept."""

    app = "rules"
    resource = "picture"

    @param_required(["title", "photo:file", "?more:list[file]"])
    def post(args):
        more = [one.size for one in args.get("more", [])]
        return {"title": args["title"], "name": args["photo"].name, "more": more}


class AStore(ApiResource):
    """Where *things* are kept."""

    app = "rules"
    resource = "store"

    @param_required(["shelf:int", "?password", "?more:json"])
    def get(args) -> list[Item]:
        """Find what is on a shelf."""
        return [{"id": args["shelf"], "price": Decimal("1.50"), "currency": "EUR"}]

    @access_token_required()
    def delete(args):
        """Empty it, as inventory demands."""

    put = post = patch = delete


def _like(number):
    name = f"{'long_' * 8}name_{number}" if number % 9 == 0 else f"thing_{number}"
    verbs = dict.fromkeys(("get", "post", "put", "delete", "patch"), AStore.get)
    members = {"app": f"many_{number % 9}", "resource": name, "__doc__": "Kept.", **verbs}
    return type(f"AThing{number}", (ApiResource,), members)


registry.unregister(AStore)
registry.unregister(APicture)
registry.unregister(AAccessToken)


@pytest.fixture(autouse=True)
def _resources(request):
    resources = [AStore, APicture, AAccessToken]
    for each in resources:
        registry.register(each)
    if "three_hundred" in request.fixturenames:
        resources += [_like(number) for number in range(300)]
    yield
    for each in resources:
        registry.unregister(each)


@pytest.fixture
def three_hundred():
    """As many resources more."""


@pytest.fixture
def hermes(transactional_db):
    return App.objects.create_app("hermes", grants=["*"])


def call(page, verb="GET", **params):
    section = page.locator(".operation").filter(has=page.locator(f"h2 .verb.{verb}"))
    for name, value in params.items():
        section.locator(f"[name={name}]").fill(value)
    section.locator(".answers").evaluate("place => place.replaceChildren()")
    section.locator("[type=submit]").click()
    section.locator(".result").wait_for()
    return section


def use(page, token):
    if page.locator("#token").get_attribute("open") is None:
        page.locator("#token summary").click()
    page.get_by_label("Or an access token that you have").fill(token)
    page.get_by_role("button", name="Use it").click()


def found(page):
    page.locator("[data-resource]").first.wait_for(state="attached")
    return [
        one.get_attribute("data-resource") for one in page.locator("[data-resource]:visible").all()
    ]


def test_the_answer_s_shape_and_a_true_example_are_shown(open_console, transactional_db):
    page = open_console("/console/rules/store/")
    get = page.locator(".operation").first
    shape = get.locator(".shape").inner_text()
    told = '[ { id: integer price: decimal currency: "EUR" | "CNY" } … ]'
    assert shape.split() == told.split()
    example = json.loads(get.locator(".example").inner_text())
    assert example == {
        "code": 200,
        "data": [{"id": 1, "price": "1.50", "currency": "EUR"}],
        "errMsg": "",
        "innerErrMsg": "",
    }
    assert get.locator(".example .json-key").count() == 7


def test_files_are_chosen_and_sent_with_the_other_parameters(open_console, transactional_db):
    page = open_console("/console/rules/picture/")
    cat = {"name": "猫.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
    page.locator("[name=photo]").set_input_files(cat)
    page.locator("[name=more]").set_input_files([cat, {**cat, "buffer": b""}])
    answered = call(page, "POST", title="A cat").locator(".envelope").inner_text()
    assert json.loads(answered)["data"] == {"title": "A cat", "name": "猫.png", "more": [4, 0]}


def test_json_and_verbs_fold_by_mouse_and_by_keyboard(open_console, transactional_db):
    page = open_console("/console/rules/store/")
    result = call(page, shelf="7").locator(".result")
    envelope = result.locator(".envelope")
    assert json.loads(envelope.inner_text())["data"][0]["id"] == 7
    envelope.locator(".fold").nth(1).click()
    assert "price" not in envelope.inner_text()
    page.keyboard.press("Enter")
    assert "price" in envelope.inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert "price" not in envelope.inner_text()
    page.get_by_role("button", name="Fold all").click()
    assert page.locator("form.call:visible").count() == 0
    page.get_by_role("button", name="Unfold all").click()
    assert page.locator("form.call:visible").count() == 5


@pytest.mark.parametrize("is_secure", [True, False], ids=["https", "http"])
def test_what_is_copied_is_in_the_clipboard_and_it_says_so(open_console, hermes, is_secure):
    page = open_console("/console/rules/store/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    if not is_secure:
        page.add_init_script(NO_CLIPBOARD)
        page.reload()
    result = call(page, shelf="7").locator(".result")
    result.locator(".fold").nth(1).click()  # the whole is copied all the same
    result.locator(".copy").click()
    result.get_by_role("button", name="Copied.").wait_for()
    assert page.get_by_role("status").get_by_text("Copied.").count() == 1
    page.locator("[name=more]").first.click()
    page.keyboard.press("Control+V")
    pasted = page.locator("[name=more]").first.input_value()
    assert json.loads(pasted)["data"][0]["price"] == "1.50"


def test_the_last_ten_calls_are_kept_for_the_tab_and_nothing_secret(open_console, hermes):
    page = open_console("/console/rules/store/")
    token = issue_access_token(hermes.app.app_key, hermes.secret).token
    use(page, token)
    page.locator("#token.held").wait_for()
    more = '{"deep": [{"app_secret": "hush-deep"}], "plain": 1}'
    for shelf in range(1, 12):
        call(page, shelf=str(shelf), password="hush-password", more=more)
    page.reload()
    page.locator("#calls summary").click()
    assert page.locator("#calls li").count() == 10
    kept = page.evaluate(KEPT)
    assert "hush" not in kept
    assert token not in kept
    page.locator("#search").fill("access_token")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="auth.access_token", exact=True).wait_for()
    page.locator("#calls button").last.click()
    page.get_by_role("heading", name="rules.store", exact=True).wait_for()
    page.wait_for_function("document.querySelector('[name=shelf]').value === '2'")
    assert json.loads(page.locator("[name=more]").first.input_value()) == {"deep": [{}], "plain": 1}
    assert page.locator("[name=password]").first.input_value() == ""


@pytest.mark.parametrize("words", ["shelf rules", "inventory", "rules.store:delete", "PATCH rules"])
def test_a_search_finds_by_parameter_verb_grant_and_text_on_the_home_page_too(
    open_console, transactional_db, words
):
    page = open_console()
    assert "rules.store" in found(page)
    page.get_by_label("Search resources").fill(words)
    assert found(page) == ["rules.store"]
    assert page.locator("#overview dt:visible").all_inner_texts() == ["rules.store"]
    page.get_by_label("Search resources").fill("no such words")
    assert found(page) == []
    assert page.get_by_text("No resource has that in its names").is_visible()


def test_a_rubbish_token_is_never_green_nor_one_that_was_revoked(open_console, hermes, settings):
    settings.EAGLET_TOKEN_CACHE_SECONDS = 0
    page = open_console("/console/rules/store/")
    use(page, "rubbish")
    page.get_by_role("alert").get_by_text("This is no good access token here.").wait_for()
    assert page.locator("#token.held").count() == 0
    token = issue_access_token(hermes.app.app_key, hermes.secret)
    use(page, token.token)
    page.locator("#token.held").wait_for()
    assert "hermes" in page.locator("#token-state").inner_text()
    hermes.app.tokens.all().delete()
    call(page, "DELETE")
    assert page.locator("#token.held").count() == 0
    assert page.locator("#token-state").inner_text() == "The access token is no good any more."


@pytest.mark.usefixtures("three_hundred", "transactional_db")
@pytest.mark.parametrize("width", [1280, 390])
def test_at_three_hundred_resources_the_home_page_is_small_and_no_badge_breaks(open_console, width):
    page = open_console(viewport={"width": width, "height": 900})
    assert len(found(page)) > 300
    sizes = page.evaluate(
        "performance.getEntries().map(one => one.transferSize ?? 0).reduce((a, b) => a + b)"
    )
    assert 5_000 < sizes < 60_000
    heights = page.evaluate(
        "[...new Set([...document.querySelectorAll('.list .verb')].map(one => one.offsetHeight))]"
    )
    assert len(heights) == 1
    page.wait_for_function(FITS)


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_on_any_page(axe, open_console, hermes, locale, scheme, width):
    viewport = {"width": width, "height": 900}
    page = open_console("/", locale=locale, viewport=viewport, scheme=scheme)
    for path in ("/", "/console/", "/console/rules/store/"):
        page.goto(page.url.partition("/console")[0].rstrip("/") + path)
        if path != "/":
            page.locator("[data-resource]").first.wait_for(state="attached")
        if path.endswith("store/"):
            call(page, shelf="7")
            page.locator("#token summary").click()
            page.locator("#calls summary").click()
        assert axe(page) == []
        page.wait_for_function(FITS)
