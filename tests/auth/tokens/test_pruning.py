import datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, connections, models, transaction
from django.utils import timezone

from eaglet.api.security.decorator import verifier
from eaglet.auth.models import AccessToken, CachedToken
from eaglet.auth.tokens import pruning
from eaglet.auth.tokens.invalidation import access_changed
from eaglet.auth.tokens.pruning import BATCH_WHEN_ISSUING, ISSUES_A_BATCH, prune


@pytest.fixture
def make_tokens(hermes):
    """Stores tokens nobody knows; `expired` and `revoked` say how dead they are."""
    secret = hermes.app.secrets.get()
    numbers = iter(range(1_000_000))

    def make(count, *, expired=False, revoked=False):
        now = timezone.now()
        until = now + datetime.timedelta(hours=-1 if expired else 1)
        models.QuerySet(AccessToken).bulk_create(
            AccessToken(
                digest=f"{next(numbers):064}",
                app=hermes.app,
                secret=secret,
                expires_at=until,
                revoked_at=now if revoked else None,
            )
            for _ in range(count)
        )

    return make


@pytest.fixture
def due(monkeypatch):
    monkeypatch.setattr(pruning.random, "randrange", lambda below: 0)


def prune_tokens(*args):
    out, err = StringIO(), StringIO()
    call_command("prune_tokens", *args, stdout=out, stderr=err)
    return out.getvalue()


def test_the_dead_go_and_the_live_stay(make_tokens, hermes):
    make_tokens(7, expired=True)
    make_tokens(3, expired=True, revoked=True)
    make_tokens(2)
    token = hermes.token()
    # Those of an app that is switched off are not dead.
    hermes.app.is_active = False
    hermes.app.save()
    assert "10 access tokens deleted" in prune_tokens()
    hermes.app.is_active = True
    hermes.app.save()
    assert AccessToken.objects.count() == AccessToken.objects.live().count() == 3
    assert verifier().verify(token)


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_batches_are_as_large_as_is_asked(make_tokens, size):
    make_tokens(7, expired=True)
    batches = list(prune("default", batch_size=size))
    assert sum(batches) == 7
    assert max(batches) == min(size, 7)
    assert not AccessToken.objects.exists()


def test_issuing_deletes_a_batch_now_and_then(make_tokens, hermes, monkeypatch):
    make_tokens(BATCH_WHEN_ISSUING + 5, expired=True)
    drawn = iter([1, ISSUES_A_BATCH - 1, 0])
    monkeypatch.setattr(pruning.random, "randrange", lambda below: next(drawn))
    left = []
    for _ in range(3):
        hermes.token()
        left.append(AccessToken.objects.expired().count())
    assert left == [BATCH_WHEN_ISSUING + 5, BATCH_WHEN_ISSUING + 5, 5]


@pytest.mark.parametrize("in_transaction", [False, True])
@pytest.mark.django_db(transaction=True)
def test_a_token_is_issued_though_pruning_fails(make_app, due, monkeypatch, caplog, in_transaction):
    hermes = make_app()

    def fail(execute, sql, params, many, context):
        if "<=" in sql:
            return execute("SELECT 1 FROM nowhere", (), many, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        if in_transaction:
            with transaction.atomic():
                token = hermes.token()
                hermes.app.save()
        else:
            token = hermes.token()
    assert verifier().verify(token)
    assert "could not be deleted" in caplog.text


def test_what_is_cached_stands_though_dead_tokens_go(
    make_tokens, hermes, django_assert_num_queries
):
    token = hermes.token()
    verifier().verify(token)
    make_tokens(3, expired=True)
    heard = []
    access_changed.connect(lambda **kwargs: heard.append(1), weak=False, dispatch_uid="heard")
    try:
        prune_tokens()
    finally:
        access_changed.disconnect(dispatch_uid="heard")
    assert not heard
    with django_assert_num_queries(0):
        verifier().verify(token)


@pytest.mark.django_db(databases=["default", "second"])
def test_another_database_can_be_named(make_tokens):
    make_tokens(2, expired=True)
    assert "0 access tokens deleted" in prune_tokens("--database", "second")
    assert "2 access tokens deleted" in prune_tokens("--database", "default")


@pytest.mark.django_db(transaction=True)
def test_what_somebody_has_locked_is_passed_over_and_not_waited_for(make_app):
    if not connection.features.has_select_for_update_skip_locked:
        pytest.skip("this database locks no rows")
    hermes = make_app()
    for _ in range(3):
        hermes.token()
    AccessToken.objects.update(expires_at=timezone.now())
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            other.set_autocommit(False)
            locked = AccessToken.objects.order_by("pk").first().pk
            table = AccessToken._meta.db_table
            cursor.execute(f"SELECT id FROM {table} WHERE id = %s FOR UPDATE", [locked])
            assert sum(prune("default")) == 2
            other.rollback()
    finally:
        other.close()
    assert AccessToken.objects.get().pk == locked


def test_cached_tokens_that_nobody_renews_are_pruned_as_those_of_rotated_secrets(db):
    now = timezone.now()
    long_ago, later = now - datetime.timedelta(days=8), now + datetime.timedelta(days=30)
    for digest, expires_at, updated_at in [
        ("rotated", long_ago, long_ago),
        ("never got", None, long_ago),
        ("long-lived", later, long_ago),
        ("in use", now - datetime.timedelta(hours=1), now - datetime.timedelta(hours=3)),
    ]:
        CachedToken.objects.create(digest=digest, expires_at=expires_at)
        CachedToken.objects.filter(digest=digest).update(updated_at=updated_at)
    assert "2 cached tokens of other services deleted" in prune_tokens()
    kept = CachedToken.objects.values_list("digest", flat=True)
    assert sorted(kept) == ["in use", "long-lived"]
