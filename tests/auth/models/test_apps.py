import pytest
from django.core.exceptions import ValidationError

from eaglet.auth import keys
from eaglet.auth.models import AccessToken, App, AppSecret
from eaglet.auth.tokens.issuing import issue_access_token
from eaglet.exceptions import InvalidAppKey


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
