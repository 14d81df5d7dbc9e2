"""`param_required` on any function of one dict, outside of HTTP too."""

import datetime
import functools

import pytest
from django.utils.translation import override

from eaglet.exceptions import InvalidParam, MissingParam, ParamError
from eaglet.params import behind_check, param_required


class Corp:
    id = 7


class Order:
    """As business classes of the original use it."""

    @staticmethod
    @param_required(["corp", "order_id:int", "?since:date"])
    def get(args):
        """Get an order."""
        return [args["corp"].id, args["order_id"], args.get("since")]

    @param_required(["id"])
    @staticmethod
    def other(args):
        return args["id"]


def test_a_static_method_of_a_business_class_takes_a_dict_with_objects():
    assert Order.get({"corp": Corp(), "order_id": "3"}) == [7, 3, None]
    assert Order().get({"corp": Corp(), "order_id": 3, "since": datetime.date(2020, 1, 2)}) == [
        7, 3, datetime.date(2020, 1, 2),
    ]  # fmt: skip


def test_it_may_stand_around_a_static_method():
    assert Order.other({"id": 1}) == 1
    with pytest.raises(MissingParam):
        Order.other({})


def test_it_converts_in_the_dict_that_was_given():
    args = {"corp": Corp(), "order_id": "3", "since": "2020-01-02", "more": "x"}
    Order.get(args)
    assert args["order_id"] == 3
    assert args["since"] == datetime.date(2020, 1, 2)
    assert args["more"] == "x"


def test_nothing_is_converted_where_anything_is_wrong():
    args = {"corp": Corp(), "order_id": "3", "since": "never"}
    with pytest.raises(InvalidParam):
        Order.get(args)
    assert (args["order_id"], args["since"]) == ("3", "never")


def test_all_faults_are_raised_at_once():
    with pytest.raises(ParamError) as caught:
        Order.get({"order_id": "x", "since": "never"})
    assert [(fault.param, fault.missing) for fault in caught.value.faults] == [
        ("corp", True), ("order_id", False), ("since", False),
    ]  # fmt: skip
    assert str(caught.value) == (
        "corp: missing; order_id: not an integer; since: not a date (YYYY-MM-DD)"
    )


def test_a_value_of_none_is_there_for_an_untyped_parameter():
    assert param_required(["a"])(lambda args: args["a"])({"a": None}) is None


@pytest.mark.parametrize("wrong", [None, 7, "text", [("a", 1)], object()])
def test_what_is_no_dict_is_a_type_error_that_says_so(wrong):
    with pytest.raises(TypeError, match="takes one dict"):
        Order.get(wrong)


def test_a_stacked_declaration_converts_once():
    stacked = param_required(["a:json"])(param_required(["a:json", "b"])(lambda args: args["a"]))
    assert stacked({"a": '"5"', "b": 1}) == "5"
    with pytest.raises(ParamError):
        stacked({"b": 1})
    with pytest.raises(ParamError):
        stacked({"a": '"5"'})


def test_it_speaks_the_current_language_or_english_and_never_fails_for_it():
    with override("zh-hans"), pytest.raises(ParamError) as caught:
        Order.get({})
    assert caught.value.faults[0].reason


def test_a_decorator_further_out_is_called_though_the_args_are_checked_already():
    calls = []

    def noting(function):
        @functools.wraps(function)
        def noted(args):
            calls.append(dict(args))
            return function(args)

        return noted

    @noting
    @param_required(["n:int"])
    def outer(args):
        return args["n"]

    assert behind_check(outer) is outer
    assert outer({"n": "1"}) == 1
    assert calls == [{"n": "1"}]


def test_only_a_single_declaration_that_is_the_outermost_can_be_left_out():
    def plain(args):
        return args

    once = param_required(["n:int"])(plain)
    twice = param_required(["m"])(once)
    assert behind_check(plain) is plain
    assert behind_check(once) is plain
    assert behind_check(twice) is twice
