"""An operator looks after an app in the admin, with a real browser, and a caller feels it."""

import re

import pytest

from eaglet.api import ApiResource, access_token_required, registry
from eaglet.auth.models import App, AudienceDocument
from eaglet.auth.tokens.issuing import issue_access_token
from eaglet.exceptions import InvalidAppKey

from .conftest import PHONE

pytestmark = pytest.mark.services

FITS = "document.documentElement.scrollWidth <= window.innerWidth"


class AParcel(ApiResource):
    app = "browser_tests"
    resource = "parcel"

    @access_token_required()
    def get(args):
        return {}

    @access_token_required()
    def post(args):
        return {}


registry.unregister(AParcel)


@pytest.fixture(autouse=True)
def _parcels():
    registry.register(AParcel)
    yield
    registry.unregister(AParcel)


@pytest.fixture
def call(client):
    """What a call with a token is answered."""

    def call_(token, method="get"):
        headers = {"Authorization": f"Bearer {token}"}
        return getattr(client, method)("/browser_tests/parcel/", headers=headers).status_code

    return call_


def go_to(page, *links):
    for link in links:
        page.get_by_role("link", name=link, exact=True).first.click()


def press(page, label):
    with page.expect_navigation():
        page.get_by_role("button", name=label, exact=True).click()


def source(page):
    page.wait_for_load_state()
    return page.content()


def read_secret(page):
    shown = page.get_by_label("For the settings of the calling service:").input_value()
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("button", name="Copied", exact=True).wait_for()
    page.context.grant_permissions(["clipboard-read"])
    assert page.evaluate("navigator.clipboard.readText()") == shown
    return re.fullmatch(r'APP_KEY = "(egk_\w+)"\nAPP_SECRET = "(egs_[\w-]+)"', shown).groups()


def create(page, name="hermes"):
    go_to(page, "Apps", "Add app")
    page.get_by_label("Name:").fill(name)
    page.get_by_label("*: what is added later included", exact=True).check()
    press(page, "Save")
    return read_secret(page)


def test_a_person_looks_after_an_app_from_its_making_to_switching_it_off(open_page, call):
    page = open_page()
    app_key, secret = create(page)
    page.reload()
    assert secret not in source(page)
    token = issue_access_token(app_key, secret).token
    assert call(token) == 200

    # Grants
    go_to(page, "Apps", "hermes")
    assert secret not in source(page)
    assert page.get_by_label("*: what is added later included", exact=True).is_checked()
    page.get_by_label("*: what is added later included", exact=True).uncheck()
    page.get_by_label("browser_tests.parcel:get", exact=True).check()
    press(page, "Save and continue editing")
    assert page.get_by_label("browser_tests.parcel:get", exact=True).is_checked()
    assert (call(token), call(token, "post")) == (200, 403)

    # Rotation: a further secret, and an end to the first
    go_to(page, "Add a secret")
    page.get_by_label("expire in seven days").check()
    press(page, "Add the secret")
    _app_key, second = read_secret(page)
    page.reload()
    assert second not in source(page)
    assert App.objects.get().secrets.count() == 2
    issue_access_token(app_key, secret)
    newer = issue_access_token(app_key, second).token

    # Revoking the first, and its tokens with it
    first = App.objects.get().secrets.order_by("pk").first().fingerprint
    page.goto(page.url.partition("/eaglet_auth/")[0] + "/")
    go_to(page, "Apps", "hermes", f"Revoke secret {first}")
    assert call(token) == 200
    press(page, "Revoke the secret")
    assert "2 access tokens revoked." in page.locator(".messagelist").inner_text()
    assert (call(token), call(newer)) == (401, 200)
    with pytest.raises(InvalidAppKey):
        issue_access_token(app_key, secret)

    # Revoking every token
    go_to(page, "Revoke all tokens")
    page.get_by_role("link", name="No, take me back").click()
    assert call(newer) == 200
    go_to(page, "Revoke all tokens")
    press(page, "Revoke all tokens")
    assert call(newer) == 401

    # Switching off and on
    newest = issue_access_token(app_key, second).token
    go_to(page, "Switch off")
    press(page, "Switch off")
    assert call(newest) == 401
    go_to(page, "Switch on")
    press(page, "Switch on")
    assert call(newest) == 200

    # The history
    go_to(page, "History")
    said = page.locator("#change-history").inner_text()
    for line in (
        "Added grant “browser_tests.parcel:get”. Deleted grant “*”.",
        "Added secret ",
        f"Revoked secret {first}. 2 access tokens revoked.",
        "1 access token revoked.",
        "Switched off.",
        "Switched on.",
    ):
        assert line in said
    assert secret not in source(page)
    assert second not in source(page)


def test_what_was_refused_is_seen_and_then_granted(open_page, call):
    created = App.objects.create_app("poor", grants=[])
    token = issue_access_token(created.app.app_key, created.secret).token
    assert call(token, "post") == 403
    page = open_page()
    go_to(page, "Apps")
    assert page.locator("td.field-calls_refused").inner_text() == "1"
    go_to(page, "poor")
    missing = page.locator(".eaglet-refused td").nth(1).inner_text()
    page.get_by_label(missing, exact=True).check()
    press(page, "Save")
    assert call(token, "post") == 200


def test_the_same_in_chinese(open_page, call):
    page = open_page(locale="zh-CN")
    go_to(page, "应用")
    page.get_by_role("link", name="增加 应用").click()
    page.get_by_label("名称:").fill("赫尔墨斯")
    page.get_by_label("*: 包括以后新增的", exact=True).check()
    press(page, "保存")
    assert "密钥只显示这一次" in page.locator("#eaglet-once").inner_text()
    shown = page.get_by_label("用于调用方服务的设置：").input_value()
    app_key, secret = re.findall('"([^"]+)"', shown)
    page.reload()
    assert secret not in source(page)
    token = issue_access_token(app_key, secret).token

    go_to(page, "应用", "赫尔墨斯")
    page.get_by_label("*: 包括以后新增的", exact=True).uncheck()
    press(page, "保存并继续编辑")
    assert "赫尔墨斯 没有任何授权" in page.locator(".messagelist").inner_text()
    assert call(token) == 403
    go_to(page, "添加密钥")
    page.get_by_label("一天后过期").check()
    press(page, "添加密钥")
    press(page, "我已复制，继续")
    go_to(page, "停用")
    assert "要停用 赫尔墨斯 吗？" in source(page)
    press(page, "停用")
    assert call(token) == 401
    go_to(page, "历史")
    said = page.locator("#change-history").inner_text()
    for line in ("已停用。", "已添加密钥", "授权"):
        assert line in said


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_every_page_fits_a_phone(open_page, live_server, locale, call):
    created = App.objects.create_app("hermes", grants=["gone.since:get"])
    for _ in range(2):
        token = issue_access_token(created.app.app_key, created.secret).token
    assert call(token) == 403
    page = open_page(locale=locale, viewport=PHONE)
    apps = f"{live_server.url}/admin/eaglet_auth/app/"
    own = f"{apps}{created.app.pk}/"
    secret = created.app.secrets.get()
    for url in (
        apps, f"{apps}add/", f"{own}change/", f"{own}secrets/add/", f"{own}revoke_tokens/",
        f"{own}secrets/{secret.pk}/revoke/", f"{own}switch_off/", f"{own}history/",
    ):  # fmt: skip
        page.goto(url)
        page.wait_for_function(FITS)
    page.goto(f"{own}secrets/add/")
    with page.expect_navigation():
        page.locator("#content input[type=submit]").click()
    page.wait_for_function(FITS)
    box = page.locator("#eaglet-credentials")
    assert box.evaluate("box => box.scrollHeight <= box.clientHeight")  # all of it is seen


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_an_issuers_operator_chooses_grants_and_sees_who_may_what(
    open_page, settings, locale, live_server
):
    settings.EAGLET_AUDIENCES = {"card": "https://card.example", "mall": "https://mall.example"}
    app = App.objects.create_app("hermes", grants=["*"]).app
    AudienceDocument.objects.create(audience="card", grants={"card.trade:get": "Read a trade."})
    page = open_page(locale, PHONE, f"/admin/eaglet_auth/app/{app.pk}/change/")
    page.select_option("select[name='audience_grants-0-audience']", "card")
    field = page.locator("input[name='audience_grants-0-grant']")
    field.fill("card.trade:get")
    offered = f"#{field.get_attribute('list')} option"
    assert page.locator(offered).evaluate_all("all => all.map(one => one.value)") == [
        "card.trade:get"
    ]
    with page.expect_navigation():
        page.click("input[name='_save']")
    with page.expect_navigation():
        page.click("a[href$='/who-may-what/']")
    assert "card.trade:get" in page.inner_text("section:has(h2:text-is('card'))")
    assert page.evaluate(FITS)
    page.emulate_media(media="print")
    assert not page.is_visible(".breadcrumbs")
    assert page.is_visible("text=hermes")
