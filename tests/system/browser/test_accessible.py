"""axe-core finds nothing on the admin pages of eaglet's models, and all of them fit."""

import pytest
from django.urls import reverse
from django.utils import timezone

from eaglet.auth.models import App, CachedToken, RefusedCalls, SigningKey
from eaglet.auth.tokens.issuing import issue_access_token
from eaglet.tasks.models import OutboxTask, ReceivedTask

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
]

FITS = "document.documentElement.scrollWidth <= window.innerWidth"
MODELS = (App, CachedToken, SigningKey, OutboxTask, ReceivedTask)


@pytest.fixture
def paths():
    """Every page, of models that have a row each."""
    made, now = App.objects.create_app("hermes", grants=["gone.since:get"]), timezone.now()
    issue_access_token(made.app.app_key, made.secret)
    RefusedCalls.objects.create(
        app=made.app, reason="grant", grant="a.b:get", count=2, first_at=now, last_at=now
    )
    sent = OutboxTask.objects.create(
        task_id="t" * 36, queue_name="a.b", arguments="{}", written_at=now, due_at=now
    )
    parked = ReceivedTask.objects.create(
        key="k", task_id="t" * 36, queue_name="a.b", state=ReceivedTask.State.PARKED,
        received_at=now, started_at=now, ended_at=now, due_at=now, message="{}",
        cause="LookupError: no member 7", traceback="in changed",
    )  # fmt: skip
    app = f"/admin/eaglet_auth/app/{made.app.pk}/"
    return [
        "/admin/eaglet_auth/", "/admin/eaglet_tasks/", "/admin/eaglet_auth/app/add/",
        "/admin/eaglet_auth/app/who-may-what/", "/admin/eaglet_auth/accesstoken/?state=live",
        f"/admin/eaglet_auth/accesstoken/{made.app.tokens.get().pk}/change/",
        *(reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
          for model in MODELS),
        *(app + page for page in ("change/", "history/", "delete/", "secrets/add/", "switch_off/",
          "revoke_tokens/", f"secrets/{made.app.secrets.get().pk}/revoke/")),
        f"/admin/eaglet_tasks/outboxtask/{sent.pk}/change/",
        *(f"/admin/eaglet_tasks/receivedtask/{parked.pk}/{page}/" for page in ("change", "replay")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "scheme", "width"),
    [("en-GB", "light", 1280), ("en-GB", "dark", 390), ("zh-CN", "dark", 1280),
     ("zh-CN", "light", 390)],
)  # fmt: skip
def test_axe_finds_nothing_on_any_page_of_the_admin(
    axe, open_page, live_server, paths, locale, scheme, width
):
    page = open_page(locale=locale, viewport={"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    found = []
    for path in paths:
        assert page.goto(live_server.url + path).status == 200, path
        found += [(path, rule) for rule in axe(page)]
        page.wait_for_function(FITS)
    # The page that shows a new secret, too.
    page.goto(live_server.url + next(path for path in paths if "secrets/add" in path))
    with page.expect_navigation():
        page.locator("#content input[type=submit]").click()
    found += [("the secret", rule) for rule in axe(page)]
    assert found == []
