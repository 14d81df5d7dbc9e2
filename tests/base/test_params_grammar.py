"""How parameters are declared."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from eaglet.params import CONVERTERS, Param, declared_params, param_required, parse_declarations

TYPES = ["str", "int", "float", "bool", "json", "decimal", "date", "datetime", "list", "file"]


def test_these_are_the_types():
    assert list(CONVERTERS) == TYPES


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("name", Param("name", True, None)),
        ("?name", Param("name", False, None)),
        ("name:int", Param("name", True, "int")),
        ("?name:int", Param("name", False, "int")),
        ("order_id", Param("order_id", True, None)),
        ("a-b.c[]", Param("a-b.c[]", True, None)),
        ("名", Param("名", True, None)),
    ],
)
def test_a_declaration_is_read(declaration, expected):
    assert Param.parse(declaration) == expected


@pytest.mark.parametrize(
    "type_", ["integer", "", "Int", " int", "int ", "int:int", "?int", "string", "long", "boolean"]
)
def test_an_unknown_type_is_an_error_at_declaration_naming_those_there_are(type_):
    with pytest.raises(ImproperlyConfigured) as caught:
        param_required([f"a:{type_}"])
    message = str(caught.value)
    assert repr(type_) in message
    for known in TYPES:
        assert known in message


@pytest.mark.parametrize("declaration", ["", "?", ":int", "?:int", None, 7, ["a"], b"a"])
def test_what_is_no_declaration_is_an_error(declaration):
    with pytest.raises(ImproperlyConfigured):
        param_required([declaration])


@pytest.mark.parametrize("declarations", ["name", "a,b"])
def test_a_lone_string_is_an_error(declarations):
    with pytest.raises(ImproperlyConfigured, match="takes a list"):
        param_required(declarations)


@pytest.mark.parametrize("wrong", [lambda args: args, staticmethod(lambda args: args)])
def test_without_parentheses_is_an_error_at_declaration(wrong):
    with pytest.raises(ImproperlyConfigured, match="param_required"):
        param_required(wrong)


@pytest.mark.parametrize(
    ("declarations", "expected"),
    [
        (["a", "a"], [Param("a")]),
        (["?a", "a"], [Param("a", True)]),
        (["a", "?a"], [Param("a", True)]),
        (["?a", "?a"], [Param("a", False)]),
        (["a", "a:int"], [Param("a", True, "int")]),
        (["?a:int", "a"], [Param("a", True, "int")]),
        (["a:int", "a:int"], [Param("a", True, "int")]),
    ],
)
def test_a_name_given_twice_is_merged(declarations, expected):
    assert list(parse_declarations(declarations)) == expected


def test_two_types_for_one_name_are_an_error():
    with pytest.raises(ImproperlyConfigured, match="'a' is declared as int and as str"):
        param_required(["a:int", "a:str"])
    with pytest.raises(ImproperlyConfigured):
        param_required(["a:int"])(param_required(["a:str"])(lambda args: args))


def test_what_is_declared_can_be_asked_for():
    def plain(args):
        return args

    assert declared_params(plain) == ()
    assert declared_params(param_required(["a", "?b:int"])(plain)) == (
        Param("a"),
        Param("b", False, "int"),
    )
    stacked = param_required(["a"])(param_required(["b"])(plain))
    assert {param.name for param in declared_params(stacked)} == {"a", "b"}


@pytest.mark.parametrize(
    "declaration",
    [
        "age:int(0..150)", "?ratio:float(0.5..)", "price:decimal(..9.99)", "day:date(2026-01-01..)",
        "name:str(1..40)", "kind:str(card|cash)", "step:int(1|2|5)", "ids:list[int]",
        "ids:list[int(1..9)](1..3)", "photo:file", "photo:file(..5MB image/png|image/jpeg)",
        "photo:file(5MB, image/*)", "photos:list[file]", "?page:int=1", "?at=12:30",
        '?filter:json={"a": "="}', "?kind:str(card|cash)=card",
    ],
)  # fmt: skip
def test_a_declaration_is_written_as_it_was_read(declaration):
    assert str(Param.parse(declaration)) == declaration


@pytest.mark.parametrize(
    ("declaration", "said"),
    [
        ("a:int(5..1)", "above"), ("a:bool(0..1)", "bool has no such limits"),
        ("a:str(-1..2)", "there are ranges"), ("a:int()", "not an integer"),
        ("a:str(..)", "there are ranges"), ("a:str(..-1)", "there are ranges"),
        ("a:file()", "there are ranges"), ("a:int(..)", "there are ranges"),
        ("a:int(a|b)", "not an integer"),
        ("a:str(a||b)", "empty"), ("a:str(a|a)", "twice"), ("?a:int(1..5)=9", "not within 1..5"),
        ("a:int=1", "only an optional one has a default"), ("a:list[foo]", "no type 'foo'"),
        ("a:int[int]", "only a list"), ("a:file(x)", "there are ranges"), ("a:json(1..2)", "json"),
        ("a:file(1MB 2MB)", "there are ranges"), ("?a:int=x", "not an integer"),
    ],
)  # fmt: skip
def test_limits_and_defaults_that_make_no_sense_are_errors_at_declaration(declaration, said):
    with pytest.raises(ImproperlyConfigured, match=said) as caught:
        param_required([declaration])
    assert repr(declaration) in str(caught.value)


@pytest.mark.parametrize(
    ("declarations", "models", "said"),
    [
        (["a:json"], {"b": dict}, "a model for 'b'"),
        (["a:int"], {"a": dict}, "a model for 'a'"),
        (["a:json"], {"a": object()}, "no type of JSON"),
        (["a:json"], {"a": dict[int, int]}, "no type of JSON"),
    ],
)
def test_a_model_that_no_value_can_be_of_is_an_error_at_declaration(declarations, models, said):
    with pytest.raises(ImproperlyConfigured, match=said):
        param_required(declarations, **models)


def test_a_default_is_left_out_where_the_name_is_required_too():
    assert list(parse_declarations(["?a:int=1", "a"])) == [Param("a", True, "int")]
