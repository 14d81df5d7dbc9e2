"""What a caller with nothing but HTTP gets from a server: statuses, codes, headers and bodies.

Each row once, as written on the wire; tests/api has every row for every verb.
"""

import pytest
import requests

pytestmark = pytest.mark.slow

JSON = {"Content-Type": "application/json"}
YAML = {"Content-Type": "text/yaml"}
NONSENSE = {"Authorization": "Bearer nonsense"}
BEARER = {"WWW-Authenticate": "Bearer"}
INVALID = {"WWW-Authenticate": 'error="invalid_token"'}


@pytest.fixture
def send(landscape):
    """A request as it is written, whatever the verb and the body."""

    def send(verb, resource, **options):
        with requests.Session() as session:
            session.trust_env = False
            return session.request(verb, landscape.url(resource), timeout=30, **options)

    return send


def outcome(answer):
    envelope = answer.json()
    assert {"code", "data", "errMsg", "innerErrMsg"} <= set(envelope)
    return answer.status_code, envelope["code"], envelope["data"], envelope["errMsg"]


@pytest.mark.parametrize(
    ("which", "data"),
    [
        ("dict", {"name": "鹰"}),
        ("none", None),
        ("types", {"datetime": "2026-11-23 12:30:00", "date": "2026-11-23", "decimal": "1.50"}),
    ],
)
def test_a_returned_value_is_the_data(send, which, data):
    assert outcome(send("GET", "outcome.returned", params={"which": which})) == (200, 200, data, "")


ROWS = {
    "returned code": ("GET", "returned", {"params": {"which": "code"}}, 200, 404, {}),
    "ApiError": ("GET", "refused", {}, 200, 1001, {}),
    "parameter": ("GET", "typed", {"params": {"id": "7.0", "flag": "maybe"}}, 400, 400, {}),
    "no token": ("GET", "guarded", {}, 401, 401, BEARER),
    "wrong token": ("GET", "guarded", {"headers": NONSENSE}, 401, 401, INVALID),
    "no resource": ("GET", "nothing", {}, 404, 404, {}),
    "no verb": ("POST", "refused", {}, 405, 405, {"Allow": "GET"}),
    "too large": ("POST", "typed", {"data": b" " * 3_000_000, "headers": JSON}, 413, 413, {}),
    "media type": ("POST", "typed", {"data": "7", "headers": YAML}, 415, 415, {}),
    "malformed": ("POST", "typed", {"data": '{"id": ', "headers": JSON}, 400, 400, {}),
    "throttled": ("GET", "throttled", {}, 429, 429, {"Retry-After": ""}),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_an_outcome_has_its_status_its_code_and_its_headers(send, row):
    verb, resource, options, status, code, headers = ROWS[row]
    if row == "throttled":
        assert send(verb, "outcome.throttled").status_code == 200
    answer = send(verb, f"outcome.{resource}", **options)
    assert outcome(answer)[:2] == (status, code)
    for name, part in headers.items():
        assert part in answer.headers[name]
    if row == "parameter":
        assert {fault["param"] for fault in answer.json()["errors"]} == {"id", "on", "flag"}


def test_a_token_is_taken_as_a_parameter_until_it_is_revoked(send, landscape, token):
    params = {"access_token": token, "id": 7}
    expected = (200, 200, {"app": "tests", "args": {"id": "7"}}, "")
    assert outcome(send("GET", "outcome.guarded", params=params)) == expected
    landscape.service_role.revoke_tokens("tests")
    answer = send("GET", "outcome.guarded", params=params)
    assert outcome(answer)[:2] == (401, 401)
    assert INVALID["WWW-Authenticate"] in answer.headers["WWW-Authenticate"]


def test_without_the_grant_a_good_token_is_forbidden(send, landscape):
    printed = landscape.service_role.manage(
        "create_app", "reader", "--grant", "outcome.guarded:get"
    )
    key, secret = (line.split('"')[1] for line in printed.splitlines())
    asked = send("POST", "auth.access_token", data={"app_key": key, "app_secret": secret})
    headers = {"Authorization": f"Bearer {asked.json()['data']['access_token']}"}
    assert send("GET", "outcome.guarded", headers=headers).status_code == 200
    for verb, params in (("DELETE", {}), ("POST", {"_method": "delete"})):
        answer = send(verb, "outcome.guarded", headers=headers, params=params)
        assert outcome(answer)[:2] == (403, 403)


def test_a_fault_is_a_reference_into_the_log(send, landscape):
    answer = send("GET", "outcome.raised")
    assert outcome(answer)[:2] == (500, 531)
    assert "inside of the service" not in answer.text
    reference = answer.json()["innerErrMsg"]
    assert reference
    assert "Traceback" in landscape.service.process.log.read_text().partition(reference)[2]


def test_a_response_of_the_handlers_own_is_passed_on(send):
    answer = send("GET", "outcome.passed_on")
    assert (answer.status_code, answer.text) == (202, "a,b\n")
    assert answer.headers["Content-Type"] == "text/csv"


def test_head_answers_as_get_without_a_body(send):
    answer = send("HEAD", "outcome.refused")
    assert (answer.status_code, answer.content) == (200, b"")
