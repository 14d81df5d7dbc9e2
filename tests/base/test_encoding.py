"""What becomes JSON, and what is read from it."""

import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eaglet import encoding
from eaglet.encoding import MAX_DEPTH, RepeatedValues, format_datetime, from_json, to_json

VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(),
        st.floats(allow_nan=False, allow_infinity=False), st.text(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)  # fmt: skip


@given(VALUES)
def test_it_is_written_as_the_json_module_writes_it(value):
    expected = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        assert to_json(value) == expected.encode()
    except UnicodeEncodeError:  # a lone surrogate
        assert json.loads(to_json(value)) == value


def test_a_structure_that_contains_itself_is_an_error_and_not_a_crash():
    value = {}
    value["a"] = value
    with pytest.raises((RecursionError, ValueError)):
        to_json(value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "nul", "NaN", "Infinity", "-Infinity", "[NaN]", "1e999", "-1e999", "[1,]", "'a'",
    "\ufeff1",
     "9" * 5000, '"\n"', "1 1", "\x00"],
)  # fmt: skip
def test_what_is_not_json_is_a_value_error_with_a_reason_for_the_caller(text):
    with pytest.raises(ValueError, match=r".") as caught:
        from_json(text)
    reason = str(caught.value)
    assert type(caught.value) is ValueError
    assert len(reason) < 80
    assert "set_int_max_str_digits" not in reason


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1000, 100_000])
def test_nesting_beyond_the_limit_is_an_error(depth):
    for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        with pytest.raises(ValueError, match="nested too deeply"):
            from_json(text)


@given(st.text())
def test_any_text_is_read_or_a_value_error(text):
    try:
        from_json(text)
    except ValueError as error:
        assert type(error) is ValueError  # noqa: PT017


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Lima", "UTC"])
@pytest.mark.parametrize("moment", [datetime.datetime.max, datetime.datetime.min])
def test_the_ends_of_the_calendar_are_written(settings, zone, moment):
    settings.USE_TZ, settings.TIME_ZONE = True, zone
    for value in (moment, moment.replace(tzinfo=datetime.UTC)):
        assert format_datetime(value)[:4] in ("0001", "9999")


def test_a_key_given_several_times_has_all_its_values():
    found = from_json('{"a": 1, "b": {"c": 1, "c": [2]}, "a": null}')
    assert found == {"a": [1, None], "b": {"c": [1, [2]]}}
    assert type(found["a"]) is type(found["b"]["c"]) is RepeatedValues
    assert type(from_json('{"a": [1]}')["a"]) is list


@pytest.mark.parametrize(
    "make", [None, lambda *arguments: lambda value, level: ["x"], lambda: None]
)
def test_without_json_s_own_encoder_the_same_is_written(monkeypatch, make):
    monkeypatch.setattr(json.encoder, "c_make_encoder", make)
    write = encoding._writer(ensure_ascii=False)
    assert (
        "".join(write({"鹰": [1.5, datetime.date(2020, 1, 2)]}, 0)) == '{"鹰":[1.5,"2020-01-02"]}'
    )
