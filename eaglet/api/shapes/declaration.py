"""What a handler declares of its answers: a return annotation, `@answers` and `@raises`."""

import dataclasses
import inspect
import typing
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeVar, Union

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http.response import HttpResponseBase

from eaglet.exceptions import ApiError
from eaglet.params.models import UNIONS, fields_of, is_named_tuple, is_record, unwrapped

F = TypeVar("F", bound=Callable[..., Any])


def answers(shape: Any) -> Callable[[F], F]:
    """Declare what a method answers, where its return annotation does not.

    Args:
        shape: a REST framework serializer, of several with `many=True`, or any type that an
            annotation may have.
    """

    def decorate(function: F) -> F:
        target: Any = getattr(function, "__func__", function)
        target.eaglet_answer = shape
        return function

    return decorate


def raises(*errors: type[ApiError]) -> Callable[[F], F]:
    """Declare the refusals of a method: classes of ApiError, each with a `code` of its own.

    Raises ImproperlyConfigured for anything else, and for two of one code.
    """

    def decorate(function: F) -> F:
        target: Any = getattr(function, "__func__", function)
        declared = (*errors, *refusals_of(target))
        for error in declared:
            if not (isinstance(error, type) and issubclass(error, ApiError)):
                raise ImproperlyConfigured(f"@raises takes subclasses of ApiError, not {error!r}")
        codes = [error.code for error in declared]
        if len(set(codes)) < len(codes) or 200 in codes or {*map(type, codes)} - {int}:
            raise ImproperlyConfigured(f"@raises needs a code of its own for each class: {codes}")
        target.eaglet_raises = declared
        return function

    return decorate


def refusals_of(function: Callable[..., Any]) -> tuple[type[ApiError], ...]:
    """Return the classes that `raises` declares for a function."""
    declared: tuple[type[ApiError], ...] = getattr(function, "eaglet_raises", ())
    return declared


def answer_of(function: Callable[..., Any]) -> Any:
    """Return the shape of `data` that a function declares; Any where it says nothing of it.

    Of a union, a response of Django's is left out, and of `(code, data)` the data counts. Raises
    NameError for an annotation that names what is not there.
    """
    if hasattr(function, "eaglet_answer"):
        return function.eaglet_answer
    plain = inspect.unwrap(function)
    annotation = getattr(plain, "__annotations__", {}).get("return", Any)
    told: Any = SimpleNamespace(__annotations__={"return": annotation})
    hint = unwrapped(typing.get_type_hints(told, getattr(plain, "__globals__", {}))["return"])
    members = typing.get_args(hint) if typing.get_origin(hint) in UNIONS else (hint,)
    shapes = []
    for member in members:
        arguments = typing.get_args(member)
        if typing.get_origin(member) is tuple and len(arguments) == 2 and arguments[0] is int:
            member = arguments[1]  # noqa: PLW2901
        if not (isinstance(member, type) and issubclass(member, HttpResponseBase)):
            shapes.append(member)
    unknown = (Any, object, tuple, typing.NoReturn, typing.Never, ...)
    if not shapes or any(shape in unknown for shape in shapes):
        return Any
    return Union[tuple(shapes)]  # noqa: UP007


def holds_named_tuple(hint: Any, seen: tuple[Any, ...] = ()) -> bool:
    """Tell whether a NamedTuple may be anywhere in values of a hint: JSON would have it a list."""
    hint = unwrapped(hint)
    if is_named_tuple(typing.get_origin(hint) or hint):
        return True
    inner = [] if hint in seen else [*typing.get_args(hint)]
    if is_record(hint) and hint not in seen:
        inner += [field for field, _needed in fields_of(hint).values()]
    return any(holds_named_tuple(each, (*seen, hint)) for each in inner)


def with_named_fields(value: Any) -> Any:
    """Return a value with each NamedTuple in it as a dict; a plain tuple stays one."""
    if is_named_tuple(type(value)):
        return {name: with_named_fields(getattr(value, name)) for name in value._fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: with_named_fields(getattr(value, field.name))
                for field in dataclasses.fields(value)}  # fmt: skip
    if isinstance(value, dict):
        return {name: with_named_fields(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset | QuerySet):
        return (tuple if isinstance(value, tuple) else list)(map(with_named_fields, value))
    return value
