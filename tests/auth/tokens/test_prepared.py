"""The statement that checks a token is planned once for a connection, where that helps."""

import pytest
from django.db import connection, transaction

from eaglet.api.security.decorator import verifier

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def check(hermes, settings, monkeypatch):
    """Checks a token and returns how many statements its fresh connection has prepared."""
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL takes longer to plan than to run")
    from eaglet.auth.tokens import prepared  # noqa: PLC0415 - needs psycopg

    monkeypatch.setattr(prepared, "_without", set())
    settings.EAGLET_TOKEN_CACHE_SECONDS = 0
    token = hermes.token()
    connection.close()

    def checked():
        assert verifier().verify(token).app.pk == hermes.app.pk
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements")
            return cursor.fetchone()[0]

    return checked


def test_each_connection_prepares_it_once(check):
    assert [check() for _ in range(3)] == [1] * 3
    connection.close()
    assert [check() for _ in range(3)] == [1] * 3


def test_a_pooler_that_loses_it_costs_nobody_an_error(check, caplog):
    check()
    # Behind the driver's back, as a pooler that changes the server connection.
    connection.connection.pgconn.exec_(b"DEALLOCATE ALL")
    assert [check() for _ in range(3)] == [0] * 3
    assert caplog.text.count("a prepared statement could not be used") == 1


def test_a_changed_table_costs_nobody_an_error(check):
    check()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE eaglet_auth_app ALTER name TYPE varchar(120)")
    check()


def test_inside_of_a_transaction_nothing_is_prepared(check):
    with transaction.atomic():
        assert [check() for _ in range(3)] == [0] * 3


def test_behind_a_pooler_that_the_project_names_nothing_is_prepared(check, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert [check() for _ in range(3)] == [0] * 3
