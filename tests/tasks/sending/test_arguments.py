import decimal
import enum
import json
import uuid

import pytest
from django.db.models import TextChoices
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from eaglet.exceptions import InvalidTask
from eaglet.tasks.sending.arguments import check_queue_name, to_json


def refused(args):
    with pytest.raises(InvalidTask) as caught:
        to_json(args)
    return str(caught.value)


class Thing:
    pass


class Plain(enum.Enum):
    A = "a"


class Kind(TextChoices):
    GIFT = "gift"


@pytest.mark.parametrize(
    ("args", "path"),
    [
        ({"price": float("nan")}, "args.price: nan"),
        ({"price": float("inf")}, "args.price: inf"),
        ({"order": {"items": [1, {"price": float("-inf")}]}}, "args.order.items[1].price: -inf"),
        ({"a b": {"c": Thing()}}, "args['a b'].c: "),
        ({"all": [Thing()]}, "args.all[0]: "),
        ({"raw": b"bytes"}, "args.raw: "),
        ({"deep": {"__type__": "datetime"}}, "args.deep.__type__: "),
        ({"text": "\ud800"}, "args.text: "),
        ({"keys": {(1, 2): 3}}, "args.keys: "),
        ({"keys": {b"k": 3}}, "args.keys: "),
        ({"keys": {1: "a", "1": "b"}}, "args.keys['1']: "),
        ({"several": {1, b"b"}}, "args.several["),
        ({"lazy": (n for n in [1])}, "args.lazy: "),
        ({"n": 10**5000}, "args.n: a number of more than 4,300 digits"),
        ({"price": decimal.Decimal("NaN")}, "args.price: NaN"),
        ({"price": decimal.Decimal("-Infinity")}, "args.price: -Infinity"),
    ],
)
def test_what_json_cannot_carry_is_refused_with_the_path_to_it(args, path):
    assert refused(args).startswith(path)


def test_a_structure_that_contains_itself_is_refused():
    args = {"a": []}
    args["a"].append(args)
    assert "inside itself" in refused(args)


def test_a_structure_nested_too_deeply_is_refused():
    args = {}
    for _ in range(300):
        args = {"a": args}
    assert "nested more than 200 deep" in refused(args)


def test_what_is_too_large_is_refused_with_the_limit(settings):
    settings.EAGLET_TASK_MAX_BYTES = 100
    assert to_json({"a": "x" * 92})
    assert "take 101 bytes as JSON; at most 100" in refused({"a": "x" * 93})
    assert "EAGLET_TASK_MAX_BYTES" in refused({"a": "积" * 50})


def test_the_value_itself_is_not_in_the_refusal():
    assert "hush" not in refused({"token": "hush", "x": Thing()})


def test_subclasses_of_plain_types_become_the_plain_types():
    assert to_json({"kind": Plain.A}) == '{"kind":"a"}'
    assert to_json({"kind": Kind.GIFT, "n": enum.IntEnum("N", "A")["A"]}) == '{"kind":"gift","n":1}'


def test_a_requests_parameters_keep_all_their_values():
    assert to_json(QueryDict("a=1&b=2&b=3")) == '{"a":"1","b":["2","3"]}'


def test_keys_further_in_become_names_as_json_has_them():
    assert to_json({"by": {7: "a", None: "b", True: "c", 1.5: "d"}}) == (
        '{"by":{"7":"a","null":"b","true":"c","1.5":"d"}}'
    )


def test_a_projects_own_types_become_what_its_function_says(settings):
    settings.EAGLET_JSON_DEFAULT = "tests.tasks.sending.test_arguments.own_default"
    assert to_json({"thing": Thing()}) == '{"thing":{"thing":true}}'


def own_default(value):
    if isinstance(value, Thing):
        return {"thing": True}
    raise TypeError("not mine")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text() | st.uuids(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text().filter(lambda name: name != "__type__"), inner)
    ),
)  # fmt: skip


def as_json(value):
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return value


@given(json_values)
def test_what_is_json_already_arrives_as_it_was(value):
    text = to_json({"value": value})
    assert text.isascii()
    assert json.loads(text) == {"value": as_json(value)}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        (" a", "white space"),
        ("a\n", "white space"),
        ("a\x00b", "printed"),
        ("a\x06\x16b", "printed"),
        ("é" * 128, "255 bytes"),
        ("amq.direct", "a broker keeps it"),
        ("unacked_index", "a broker keeps it"),
        ("_kombu.binding.x", "a broker keeps it"),
        (None, "NoneType"),
        (b"a", "bytes"),
        ("\ud800", "Unicode"),
    ],
)
def test_names_no_queue_could_have_are_refused(name, reason):
    with pytest.raises(InvalidTask, match=reason):
        check_queue_name(name)
