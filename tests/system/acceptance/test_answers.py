"""What a caller with nothing but HTTP gets: every outcome has its status, code and headers."""

import pytest
import requests

pytestmark = pytest.mark.slow


@pytest.fixture
def get(landscape, caller):
    def get(resource, *, token=None, **params):
        return caller.get(landscape.url(resource), token=token, **params)

    return get


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
        ("list", [1, 2]),
        ("str", "text"),
        ("int", 7),
        ("none", None),
        ("code 200", "fine"),
        (
            "types",
            {"datetime": "2026-11-23 12:30:00", "date": "2026-11-23", "decimal": "1.50"},
        ),
    ],
)
def test_a_returned_value_is_the_data(get, which, data):
    answer = get("outcome.returned", which=which)
    assert outcome(answer) == (200, 200, data, "")
    assert answer.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    ("which", "code", "message"),
    [("code and text", 404, "no such member"), ("code and dict", 1001, '{"left":0}')],
)
def test_a_returned_code_is_in_the_envelope_alone(get, which, code, message):
    answer = get("outcome.returned", which=which)
    envelope = answer.json()
    assert (answer.status_code, envelope["code"]) == (200, code)
    assert envelope["errMsg"].replace(" ", "") == message.replace(" ", "")


def test_a_raised_api_error_is_in_the_envelope_alone(get):
    assert outcome(get("outcome.refused")) == (200, 1001, {"left": 0}, "not enough points")


def test_every_faulty_parameter_is_named(get):
    answer = get("outcome.typed", id="7.0", flag="maybe")
    assert outcome(answer)[:2] == (400, 400)
    assert {fault["param"] for fault in answer.json()["errors"]} == {"id", "on", "flag"}
    for name in ("id", "on", "flag"):
        assert name in answer.json()["errMsg"]


def test_without_a_token_the_scheme_is_named_and_no_error(get):
    answer = get("outcome.guarded")
    assert outcome(answer)[:2] == (401, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "error=" not in answer.headers["WWW-Authenticate"]


def test_a_token_that_is_none_is_refused_as_invalid(get):
    answer = get("outcome.guarded", token="nonsense")
    assert outcome(answer)[:2] == (401, 401)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_revoked_token_is_refused_as_invalid(get, landscape, token):
    assert get("outcome.guarded", token=token).status_code == 200
    landscape.service_role.revoke_tokens("tests")
    answer = get("outcome.guarded", token=token)
    assert outcome(answer)[:2] == (401, 401)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_in_the_parameter_is_taken_and_not_passed_on(get, token):
    answer = get("outcome.guarded", access_token=token, id=7)
    assert outcome(answer) == (200, 200, {"app": "tests", "args": {"id": "7"}}, "")


def test_a_wrong_app_secret_is_refused(landscape, caller, credentials):
    answer = caller.post(
        landscape.url("auth.access_token"),
        {"app_key": credentials.app_key, "app_secret": "wrong"},
    )
    assert outcome(answer)[:2] == (401, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_without_the_grant_a_good_token_is_forbidden(landscape, caller, get, send):
    printed = landscape.service_role.manage(
        "create_app", "reader", "--grant", "outcome.guarded:get"
    )
    key, secret = (line.split('"')[1] for line in printed.splitlines())
    answer = caller.post(landscape.url("auth.access_token"), {"app_key": key, "app_secret": secret})
    token = answer.json()["data"]["access_token"]
    assert get("outcome.guarded", token=token).status_code == 200
    headers = {"Authorization": f"Bearer {token}"}
    for answer in (
        send("DELETE", "outcome.guarded", headers=headers),
        send("POST", "outcome.guarded", headers=headers, params={"_method": "delete"}),
    ):
        assert outcome(answer)[:2] == (403, 403)


def test_a_resource_that_is_not_declared_is_404(get):
    assert outcome(get("outcome.nothing"))[:2] == (404, 404)


def test_a_verb_that_is_not_there_is_405_and_those_that_are_are_named(send):
    answer = send("POST", "outcome.refused")
    assert outcome(answer)[:2] == (405, 405)
    assert "GET" in answer.headers["Allow"]
    assert "POST" not in answer.headers["Allow"]


def test_a_body_too_large_is_413(send):
    body = b'{"id": 7, "filling": "' + b"x" * 3_000_000 + b'"}'
    answer = send("POST", "outcome.typed", data=body, headers={"Content-Type": "application/json"})
    assert outcome(answer)[:2] == (413, 413)


def test_an_unknown_media_type_is_415(send):
    answer = send("POST", "outcome.typed", data="id=7", headers={"Content-Type": "text/yaml"})
    assert outcome(answer)[:2] == (415, 415)


def test_malformed_json_is_400(send):
    answer = send(
        "POST", "outcome.typed", data='{"id": ', headers={"Content-Type": "application/json"}
    )
    assert outcome(answer)[:2] == (400, 400)


def test_a_throttled_call_is_429_and_says_when_to_come_again(get):
    assert get("outcome.throttled").status_code == 200
    answer = get("outcome.throttled")
    assert outcome(answer)[:2] == (429, 429)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("which", "status"), [("Http404", 404), ("PermissionDenied", 403), ("APIException", 406)]
)
def test_an_exception_with_a_status_keeps_it(get, which, status):
    assert outcome(get("outcome.raised", which=which))[:2] == (status, status)


@pytest.mark.parametrize("which", ["fault", "three"])
def test_any_other_fault_is_a_reference_into_the_log(get, landscape, which):
    resource = "outcome.raised" if which == "fault" else "outcome.returned"
    answer = get(resource, which=which)
    assert outcome(answer)[:2] == (500, 531)
    assert "inside of the service" not in answer.text
    reference = answer.json()["innerErrMsg"]
    log = landscape.service.process.log.read_text()
    assert reference
    assert "Traceback" in log.partition(reference)[2]


def test_a_response_of_the_handlers_own_is_passed_on(get):
    answer = get("outcome.passed_on")
    assert (answer.status_code, answer.text) == (202, "a,b\n")
    assert answer.headers["Content-Type"] == "text/csv"


def test_a_problem_is_written_for_those_who_ask_for_one(send):
    answer = send("GET", "outcome.typed", headers={"Accept": "application/problem+json"})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json()["status"] == 400


@pytest.mark.parametrize("verb", ["PUT", "DELETE"])
def test_a_verb_may_be_tunnelled_through_post(send, verb):
    native = send(verb, "outcome.typed", data={"id": 7})
    in_query = send("POST", "outcome.typed", params={"_method": verb.lower()}, data={"id": 7})
    in_body = send("POST", "outcome.typed", data={"id": 7, "_method": verb})
    assert outcome(native)[:2] == (200, 200)
    assert native.json() == in_query.json() == in_body.json()


def test_head_answers_as_get_without_a_body(send):
    answer = send("HEAD", "outcome.refused")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_resource_answers_without_the_slash_too(landscape, caller):
    answer = caller.get(landscape.url("demo.greeting").rstrip("/"), name="eaglet")
    assert (answer.history, outcome(answer)) == ([], (200, 200, "Hello, eaglet!", ""))
