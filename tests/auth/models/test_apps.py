import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from eaglet.auth import keys
from eaglet.auth.models import AccessToken, App, AppGrant, AppSecret
from eaglet.auth.tokens.issuing import issue_access_token
from eaglet.exceptions import InvalidAppKey


def test_a_new_app_gets_a_key_a_secret_and_the_grant_of_everything(hermes):
    app = App.objects.get(name="hermes")
    assert app.app_key.startswith("egk_")
    assert app.is_active
    assert not app.may_introspect
    assert [grant.grant for grant in app.grants.all()] == ["*"]
    assert issue_access_token(app.app_key, hermes.secret).token


def test_a_wrong_grant_makes_no_app(db):
    with pytest.raises(ValidationError):
        App.objects.create_app("hermes", grants=["demo.data:get", "nonsense"])
    assert not App.objects.exists()
    assert not AppGrant.objects.exists()


@pytest.mark.parametrize("name", ["hermes", "", "x" * 101])
def test_a_name_is_unique_and_of_a_length(hermes, name):
    with pytest.raises(ValidationError):
        App.objects.create_app(name)


def test_revoking_a_secret_revokes_its_tokens_and_no_others(hermes):
    second = hermes.app.add_secret()
    hermes.token()
    issue_access_token(hermes.app.app_key, second.secret)
    assert second.record.revoke() == 1
    assert [token.secret.digest for token in AccessToken.objects.live()] == [
        keys.digest(hermes.secret)
    ]
    with pytest.raises(InvalidAppKey):
        issue_access_token(hermes.app.app_key, second.secret)
    assert hermes.token()


def test_live_tokens_are_those_that_are_accepted(hermes):
    hermes.token()
    live = AccessToken.objects.live()
    assert live.exists()
    for model, change, back in [
        (App, {"is_active": False}, {"is_active": True}),
        (AppSecret, {"revoked_at": timezone.now()}, {"revoked_at": None}),
        (AccessToken, {"revoked_at": timezone.now()}, {"revoked_at": None}),
    ]:
        model.objects.update(**change)
        assert not live.all().exists()
        model.objects.update(**back)
        assert live.all().exists()
    AccessToken.objects.update(expires_at=timezone.now())
    assert not AccessToken.objects.live().exists()
    assert AccessToken.objects.expired().exists()


def test_deleting_an_app_deletes_all_that_is_its_own(hermes, make_app):
    zeus = make_app("zeus")
    hermes.token()
    zeus.token()
    hermes.app.delete()
    for model in (AppGrant, AppSecret, AccessToken):
        assert {row.app for row in model.objects.all()} == {zeus.app}


def test_deleting_an_app_does_not_read_its_tokens(hermes, django_assert_max_num_queries):
    for _ in range(5):
        hermes.token()
    with django_assert_max_num_queries(12) as queries:
        hermes.app.delete()
    reading = [q["sql"] for q in queries if q["sql"].startswith("SELECT")]
    assert not [sql for sql in reading if AccessToken._meta.db_table in sql]


def test_no_name_or_repr_of_a_record_tells_anything_secret(hermes):
    token = hermes.token()
    created = hermes.app.add_secret()
    new = App.objects.create_app("zeus")
    issued = issue_access_token(hermes.app.app_key, hermes.secret)
    secrets = [hermes.secret, token, created.secret, new.secret, issued.token]
    digests = [keys.digest(secret) for secret in secrets]
    records = [created, new, issued, hermes.app, *AppSecret.objects.all()]
    shown = [f"{record} {record!r}" for record in [*records, *AccessToken.objects.all()]]
    assert not [text for text in shown for secret in [*secrets, *digests] if secret in text]


def test_a_fingerprint_has_no_character_of_the_secret_in_it(hermes):
    secret = hermes.app.secrets.get()
    assert secret.fingerprint == keys.digest(hermes.secret)[:8]
    assert secret.fingerprint in str(secret)
