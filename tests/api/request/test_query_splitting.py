"""The query string split directly is what Django's QueryDict makes of it, whatever it is."""

import pytest
from django.conf import settings
from django.http import QueryDict
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st

from eaglet.api.exceptions import PayloadTooLarge
from eaglet.api.request.args import Args
from eaglet.api.request.query import read_checked, read_query
from eaglet.params import NOTHING

PIECES = [*"ab=&1;%+é\x00#?", "", "%41", "%E4%BD%A0", "[]"]
QUERIES = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.text(st.characters(max_codepoint=255), max_size=60),
    st.text("ab=&", max_size=30),
)


def by_query_dict(query):
    values = QueryDict(query.encode("latin-1"), encoding="utf-8")
    return {name: found[0] if len(found) == 1 else found for name, found in values.lists()}


def by_eaglet(query):
    request = RequestFactory().get("/")
    request.META["QUERY_STRING"] = query
    args = Args(request)
    if not read_checked(request, args, NOTHING, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS):
        assert not args
        read_query(request, args)
    return args


@given(QUERIES, st.integers(1, 5))
def test_both_ways_count_the_fields_alike(query, limit):
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=limit):
        try:
            expected = by_query_dict(query)
        except Exception:  # noqa: BLE001 - TooManyFieldsSent
            expected = "too many"
        try:
            got = dict(by_eaglet(query))
        except PayloadTooLarge:
            got = "too many"
    assert got == expected


@pytest.mark.parametrize("query", ["a=1&b=2", "a=%31&b=2"])
@pytest.mark.usefixtures("path_taken")
def test_too_many_parameters_are_413(client, declare, settings, query):
    declare(get=lambda args: len(args))
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    assert client.get(f"/shop/item/?{query}").json()["data"] == 2
    assert client.get(f"/shop/item/?{query}&c=3").status_code == 413
    assert client.get(f"/shop/item/?{query}&c=3").json()["code"] == 413
