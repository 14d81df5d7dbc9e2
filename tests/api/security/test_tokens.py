"""Sections 3, 5 and 6 as the api sees them: tokens, grants, and what comes before what."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test.client import MULTIPART_CONTENT

from eaglet.api import access_token_required, param_required
from eaglet.api.security import decorator
from eaglet.exceptions import AuthError, InvalidAccessToken

pytestmark = pytest.mark.usefixtures("declared", "path_taken", "verifier")

JSON = "application/json"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def guarded(declare):
    handler = access_token_required()(lambda args: args.auth.app.name)
    return declare(get=handler, post=handler, put=handler, delete=handler, patch=handler)


def assert_refused(response, *, sent):
    assert (response.status_code, response.json()["code"]) == (401, 401)
    expected = 'Bearer error="invalid_token"' if sent else "Bearer"
    assert response["WWW-Authenticate"] == expected
    assert response.json()["data"] is None


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic Z29vZDo=", "good", "Token good", "bearer", "Digest x"],
)
def test_a_header_without_a_bearer_token_is_no_token(client, guarded, header):
    assert_refused(client.get("/shop/item/", headers={"Authorization": header}), sent=False)


@pytest.mark.parametrize("token", ["bad", "old", "x" * 5000, "你", "good "])
def test_a_bad_token_is_401_with_the_error(client, guarded, token):
    assert_refused(client.get("/shop/item/", {"access_token": token}), sent=True)
    assert_refused(client.post("/shop/item/", {"access_token": token}), sent=True)
    assert_refused(client.put("/shop/item/", {"access_token": token}, JSON), sent=True)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_good_token_in_the_header_lets_in(client, guarded, scheme):
    response = client.get("/shop/item/", headers={"Authorization": f"{scheme} good"})
    assert response.json()["data"] == "app of good"


def test_a_good_token_in_a_parameter_lets_in(client, guarded):
    sent = {"access_token": "good"}
    for response in (
        client.get("/shop/item/", sent),
        client.post("/shop/item/?access_token=good"),
        client.post("/shop/item/", sent),
        client.post("/shop/item/", sent, JSON),
        client.post("/shop/item/", sent, MULTIPART_CONTENT),
        client.put("/shop/item/", sent, JSON),
        client.delete("/shop/item/", sent, JSON),
        client.patch("/shop/item/?access_token=good"),
        client.post("/shop/item/?_method=delete", sent),
    ):
        assert response.json()["data"] == "app of good"


def test_the_header_and_an_equal_parameter_let_in(client, guarded, verifier):
    response = client.get("/shop/item/?access_token=good", headers=bearer("good"))
    assert response.json()["data"] == "app of good"
    assert verifier.asked == ["good"]


@pytest.mark.parametrize(
    ("in_header", "given"), [("good", "poor"), ("poor", "good"), ("bad", "good")]
)
def test_a_header_and_a_parameter_that_differ_are_400(client, guarded, verifier, in_header, given):
    for response in (
        client.get(f"/shop/item/?access_token={given}", headers=bearer(in_header)),
        client.post("/shop/item/", {"access_token": given}, headers=bearer(in_header)),
    ):
        # A bad one in the header is refused before the body, with the other, is read.
        first = 401 if in_header == "bad" and response.request["REQUEST_METHOD"] == "POST" else 400
        assert (response.status_code, response.json()["code"]) == (first, first)


@pytest.mark.parametrize("value", [7, True, None, ["good"], ["good", "good"], {"a": "good"}, 1.5])
def test_a_token_that_is_no_str_is_401(client, guarded, value):
    assert_refused(client.post("/shop/item/", {"access_token": value}, JSON), sent=True)


def test_query_and_body_with_different_tokens_are_401(client, guarded):
    for content_type in (None, JSON, MULTIPART_CONTENT):
        more = {"content_type": content_type} if content_type else {}
        response = client.post("/shop/item/?access_token=poor", {"access_token": "good"}, **more)
        assert_refused(response, sent=True)


def test_a_good_token_without_the_grant_is_403(client, guarded, caplog):
    response = client.get("/shop/item/?access_token=poor")
    assert (response.status_code, response.json()["code"]) == (403, 403)
    assert "WWW-Authenticate" not in response
    assert "shop.item" not in response.content.decode()
    assert "key-of-poor) lacks the grant shop.item:get" in caplog.text
    assert "access_token" not in caplog.text


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete", "patch"])
def test_a_method_needs_the_grant_of_its_own_name(client, guarded, verifier, verb):
    verifier.grants["one"] = {f"shop.item:{verb}"}
    for other in ("get", "post", "put", "delete", "patch"):
        response = getattr(client, other)("/shop/item/", headers=bearer("one"))
        assert response.status_code == (200 if other == verb else 403)


def test_grants_that_are_named_are_needed_instead_and_all_of_them(client, declare, verifier):
    declare(get=access_token_required(["a.b:get", "c"])(lambda args: 1))
    for granted, status in [
        ({"a.b:get", "c"}, 200), ({"a.b:get"}, 403), ({"c"}, 403), ({"shop.item:get"}, 403),
        (set(), 403),
    ]:  # fmt: skip
        verifier.grants["some"] = granted
        assert client.get("/shop/item/", headers=bearer("some")).status_code == status


def test_a_subclass_needs_the_grant_of_its_own_pair(client, declare, verifier):
    base = declare(get=access_token_required()(lambda args: 1))
    declare(resource="other", bases=(base,))
    verifier.grants["one"] = {"shop.other:get"}
    assert client.get("/shop/other/", headers=bearer("one")).status_code == 200
    assert client.get("/shop/item/", headers=bearer("one")).status_code == 403


ORDERS = {
    "token outside": lambda f: access_token_required()(param_required(["id:int"])(f)),
    "token inside": lambda f: param_required(["id:int"])(access_token_required()(f)),
    "static, inside": lambda f: staticmethod(
        param_required(["id:int"])(access_token_required()(f))
    ),
    "around a static": lambda f: access_token_required()(
        param_required(["id:int"])(staticmethod(f))
    ),
    "around a static, inside": lambda f: param_required(["id:int"])(
        access_token_required()(staticmethod(f))
    ),
}


@pytest.mark.parametrize("order", ORDERS)
def test_401_and_403_precede_400_however_the_decorators_stand(client, declare, order):
    declare(get=ORDERS[order](lambda args: [args["id"], args.auth.app.name]))
    assert client.get("/shop/item/?id=x").status_code == 401
    assert client.get("/shop/item/?id=x&access_token=bad").status_code == 401
    assert client.get("/shop/item/?id=x&access_token=poor").status_code == 403
    assert client.get("/shop/item/?id=x&access_token=good").status_code == 400
    response = client.get("/shop/item/?id=7&access_token=good")
    assert response.json()["data"] == [7, "app of good"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("args", [{}, {"id": 1}, {"id": "x"}, {"id": 1, "access_token": "good"}])
def test_a_guarded_method_called_from_python_raises_auth_error(declare, order, args):
    resource = declare(get=ORDERS[order](lambda args: 1))
    with pytest.raises(AuthError):
        resource.get(dict(args))


def test_a_guarded_method_called_with_the_args_of_a_guarded_request_runs(client, declare):
    other = declare(resource="other", get=access_token_required()(lambda args: args["x"]))
    declare(get=access_token_required()(lambda args: other.get(args)))
    response = client.get("/shop/item/?x=1", headers=bearer("good"))
    assert response.json()["data"] == "1"


def test_a_guarded_method_called_with_the_args_of_an_open_request_is_a_fault(client, declare):
    other = declare(resource="other", get=access_token_required()(lambda args: args["x"]))
    declare(get=lambda args: other.get(args))
    response = client.get("/shop/item/?x=1", headers=bearer("good"))
    assert (response.status_code, response.json()["code"]) == (500, 531)


@pytest.mark.parametrize("error", [AuthError("x"), InvalidAccessToken("x")])
def test_the_handler_s_own_exceptions_are_never_taken_for_a_bad_token(client, declare, error):
    def get(args):
        raise error

    declare(get=access_token_required()(get))
    response = client.get("/shop/item/", headers=bearer("good"))
    assert (response.status_code, response.json()["code"]) == (500, 531)


def test_without_a_verifier_nobody_is_let_in(client, declare):
    decorator.register_verifier(None)
    declare(get=access_token_required()(lambda args: 1))
    assert client.get("/shop/item/", headers=bearer("good")).json()["code"] == 531
    assert client.get("/shop/item/").status_code == 401


def test_what_is_written_without_parentheses_is_an_error_at_declaration():
    for wrong in (lambda args: 1, staticmethod(lambda args: 1), "a.b:get"):
        with pytest.raises(ImproperlyConfigured, match="write @access_token_required"):
            access_token_required(wrong)
