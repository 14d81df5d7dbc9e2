"""What each type of parameter makes of any value at all."""

import decimal
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eaglet.exceptions import ParamError
from eaglet.params import CONVERTERS, RepeatedValues, param_required

pytestmark = pytest.mark.slow

CHECKED = {type_: param_required([f"a:{type_}"])(lambda args: args["a"]) for type_ in CONVERTERS}

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
    st.decimals(), st.dates(), st.datetimes(), st.timedeltas(), st.times(),
    st.datetimes(timezones=st.timezones()), st.complex_numbers(), st.uuids(),
    st.integers(min_value=-(10**1500), max_value=10**1500),
    st.text("0123456789.-+eE", max_size=40),
    st.text("0123456789-: TZ+.", max_size=30),
    st.from_regex(r"\A\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(Z|[+-]\d{4})?\Z"),
    st.text('[]{}",:0123456789ntrue \\', max_size=40),
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(RepeatedValues),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.tuples(inner),
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("type_", CONVERTERS)
@given(value=ANYTHING)
def test_no_value_raises_anything_but_a_param_error(type_, value):
    args = {"a": value}
    try:
        CHECKED[type_](args)
    except ParamError as error:
        assert args["a"] is value
        assert [fault.param for fault in error.faults] == ["a"]  # noqa: PT017
        assert str(error)  # noqa: PT017


@pytest.mark.parametrize("type_", [name for name in CONVERTERS if name != "json"])
@given(value=ANYTHING)
def test_what_is_converted_stays_when_converted_again(type_, value):
    args = {"a": value}
    try:
        once = CHECKED[type_](args)
    except ParamError:
        return
    assert CHECKED[type_]({"a": once}) == once


@given(st.one_of(st.integers(), st.floats(), st.text(), st.decimals()))
def test_a_float_is_finite_whatever_was_given(value):
    try:
        converted = CHECKED["float"]({"a": value})
    except ParamError:
        return
    assert type(converted) is float
    assert math.isfinite(converted)


@given(st.one_of(st.integers(), st.floats(), st.text("0123456789.eE+-"), st.decimals()))
def test_a_decimal_is_finite_and_of_a_sane_size_whatever_was_given(value):
    try:
        converted = CHECKED["decimal"]({"a": value})
    except ParamError:
        return
    assert type(converted) is decimal.Decimal
    assert converted.is_finite()
    assert len(f"{converted:f}") < 3000


@given(
    st.dictionaries(st.sampled_from("abcdef"), ANYTHING),
    st.lists(st.sampled_from("abcdef"), unique=True),
)
def test_every_fault_is_named_once_and_nothing_is_converted_where_there_is_one(args, names):
    declared = [f"{name}:{type_}" for name, type_ in zip(names, CONVERTERS, strict=False)]
    before = dict(args)
    function = param_required(declared)(lambda args: args)
    try:
        function(args)
    except ParamError as error:
        assert list(args) == list(before)
        assert all(args[name] is before[name] for name in before)
        faulty = [fault.param for fault in error.faults]
        assert len(faulty) == len(set(faulty)) > 0
        assert set(names) - set(before) <= set(faulty)
        assert {f.param for f in error.faults if f.missing} == set(names) - set(before)  # noqa: PT017
    else:
        assert set(names) <= set(args)
        assert set(args) == set(before)
