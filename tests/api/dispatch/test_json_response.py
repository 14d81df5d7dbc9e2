"""The lean response is in everything a response of Django's."""

import pickle

from django.http import HttpResponse

from eaglet.api.json_response import JsonBytesResponse


def test_it_has_every_attribute_that_django_gives_a_response():
    own, django = JsonBytesResponse(b"{}"), vars(HttpResponse(b"{}"))
    assert vars(own).keys() <= django.keys()
    assert all(isinstance(getattr(own, name), type(value)) for name, value in django.items())


def test_it_is_what_django_would_have_made():
    own = JsonBytesResponse(b"[1]", 404, "application/problem+json")
    django = HttpResponse(
        b"[1]",
        status=404,
        headers={"Content-Type": "application/problem+json", "Content-Length": "3"},
    )
    assert own.serialize() == django.serialize()
    assert own.reason_phrase == django.reason_phrase == "Not Found"
    assert list(own) == list(django) == [b"[1]"]


def test_no_two_share_what_can_be_changed():
    first, second = JsonBytesResponse(b"1"), JsonBytesResponse(b"2")
    first.headers["X-One"] = "1"
    first.set_cookie("one", "1")
    first._resource_closers.append(print)
    assert "X-One" not in second.headers
    assert "one" not in second.cookies
    assert second._resource_closers == []
    assert second.content == b"2"


def test_headers_are_found_in_any_case_and_can_be_replaced():
    response = JsonBytesResponse(b"{}")
    assert response["content-type"] == "application/json; charset=utf-8"
    response["CONTENT-LENGTH"] = "5"
    assert dict(response.items()) == {
        "Content-Type": "application/json; charset=utf-8",
        "CONTENT-LENGTH": "5",
    }
    del response["content-length"]
    assert "Content-Length" not in response


def test_a_cache_can_keep_it():
    response = pickle.loads(pickle.dumps(JsonBytesResponse(b"{}")))
    assert response.content == b"{}"
    assert response["Content-Type"] == "application/json; charset=utf-8"
