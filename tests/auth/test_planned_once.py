"""The statement that checks a token is planned once for a connection, where that helps."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from eaglet.api.security.decorator import verifier
from eaglet.auth.tokens import lookup

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def check(hermes, settings, monkeypatch):
    """Checks a token and returns the statements that took; the connection is a fresh one."""
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL takes longer to plan than to run")
    settings.EAGLET_TOKEN_CACHE_SECONDS = 0
    monkeypatch.setattr(lookup, "_queries", {})
    token = hermes.token()
    connection.close()

    def checked():
        with CaptureQueriesContext(connection) as queries:
            assert verifier().verify(token).app.pk == hermes.app.pk
        return [query["sql"].partition(" ")[0] for query in queries]

    return checked


def test_from_its_second_use_on_a_connection_has_it_prepared(check):
    taken = [check() for _ in range(4)]
    assert taken == [["SELECT"], ["PREPARE", "EXECUTE"], ["EXECUTE"], ["EXECUTE"]]


def test_a_new_connection_prepares_it_again(check):
    for _ in range(3):
        check()
    connection.close()
    taken = [check() for _ in range(3)]
    assert taken == [["SELECT"], ["PREPARE", "EXECUTE"], ["EXECUTE"]]


def test_revocation_counts_at_once(check, hermes):
    for _ in range(3):
        check()
    hermes.app.revoke_tokens()
    with pytest.raises(Exception, match="revoked"):
        check()


def test_a_pooler_that_loses_it_costs_nobody_an_error(check, caplog):
    for _ in range(3):
        check()
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert check()[-1] == "SELECT"
    assert "a prepared statement could not be used" in caplog.text
    assert [check() for _ in range(3)] == [["SELECT"]] * 3


def test_a_statement_of_the_name_from_somebody_else_costs_nobody_an_error(check, monkeypatch):
    for _ in range(3):
        check()
    # As another client behind the same pooler, which has not prepared it itself.
    monkeypatch.setattr(lookup, "_queries", {})
    check()
    assert check()[-1] == "SELECT"
    assert check() == ["SELECT"]


def test_inside_of_a_transaction_nothing_is_prepared(check):
    with transaction.atomic():
        assert [check() for _ in range(3)] == [["SELECT"]] * 3


@pytest.mark.parametrize(
    "option",
    [{"DISABLE_SERVER_SIDE_CURSORS": True}, {"OPTIONS": {"server_side_binding": True}}],
    ids=["pooler", "driver"],
)
def test_it_is_left_to_the_driver_where_the_project_says_so(check, option, monkeypatch):
    for name, value in option.items():
        if isinstance(value, dict):
            value = {**connection.settings_dict[name], **value}
        monkeypatch.setitem(connection.settings_dict, name, value)
    connection.close()
    assert [check() for _ in range(3)] == [["SELECT"]] * 3
    connection.close()
