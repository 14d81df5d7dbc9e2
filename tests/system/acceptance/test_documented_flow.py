"""A service, hermes that calls it, and an access token between.

How a revoked token is renewed is shown by the demonstration.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.caller import Caller

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hermes(landscape):
    return landscape.hermes("hermes")


def called(relay_url, number):
    with Caller() as caller:
        return caller.get(relay_url, id=number).json()["data"]


def test_the_first_calls_all_at_once_share_one_token_request(landscape):
    hermes = landscape.hermes("crowd")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: called(hermes.relay_url, number), range(40)))
    assert answers == [{"args": {"id": number}} for number in range(40)]
    assert hermes.tokens_issued() == 1


def test_a_caller_goes_on_with_its_token_after_a_restart(landscape):
    hermes = landscape.hermes("restarted")
    called(hermes.relay_url, 1)
    hermes = hermes.restarted()
    assert called(hermes.relay_url, 2) == {"args": {"id": 2}}
    assert hermes.tokens_issued() == 1


def test_a_caller_learns_that_the_service_refused(hermes, caller):
    answer = caller.get(hermes.relay_url, id="seven")
    assert answer.status_code == 200
    assert answer.json()["code"] == 500


def test_a_call_through_hermes_leaves_neither_secret_nor_token_in_a_log(hermes, landscape):
    called(hermes.relay_url, 1)
    for log in (hermes.server.process.log, landscape.service.process.log):
        text = log.read_text()
        assert hermes.credentials.app_secret not in text
        assert "egt_" not in text


def test_the_callers_admin_and_token_endpoint_are_not_there(hermes, caller):
    for path in ("/admin/", "/auth/access_token/", "/oauth/token/"):
        assert caller.get(hermes.server.url + path).status_code == 404, path


def test_the_services_admin_is_there_with_its_files(landscape, caller):
    login = caller.get(f"{landscape.service.url}/admin/login/")
    assert login.status_code == 200
    assert "text/html" in login.headers["Content-Type"]
    assert caller.get(f"{landscape.service.url}/static/admin/css/base.css").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_open_to_everyone(landscape, caller, path):
    answer = caller.get(landscape.service.url + path)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
