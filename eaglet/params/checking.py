"""Check the args of a function against what it declares: `param_required`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

from eaglet.exceptions import InvalidParam, MissingParam, ParamError, ParamFault
from eaglet.params.declaration import NOTHING, Declared, Param, merge, parse_declarations
from eaglet.translation import translated as _

F = TypeVar("F", bound=Callable[..., Any])


def check_params(
    declared: Declared,
    args: dict[str, Any],
    function: Callable[..., Any] | None = None,
    known: AbstractSet[str] | None = None,
) -> None:
    """Check and convert `args` in place; ParamError names all that is missing or wrong.

    Nothing is converted unless everything is right. An optional parameter of a type that is None
    is taken out, as if it were not there. `known` are all the names there may be; None for any.
    """
    converted = {}
    not_sent = []
    try:
        for name, converter, param in declared.typed:
            if name in args:
                value = args[name]
                # A plain string, nearly every value of a query, can only be of the wrong form.
                if value.__class__ is str:
                    converted[name] = converter(value)
                elif value is None and not param.required:
                    not_sent.append(name)
                else:
                    converted[name] = param.convert(value)
    except ValueError:
        raise _error(declared, args, function, known) from None
    if not args.keys() >= declared.required or (known is not None and not args.keys() <= known):
        raise _error(declared, args, function, known)
    args.update(converted)
    for name in not_sent:
        del args[name]
    for param in declared.defaults:
        if args.get(param.name) is None:
            args[param.name] = param.make_default()


def _faults(
    declared: Declared, args: Mapping[str, Any], known: AbstractSet[str] | None
) -> Iterator[ParamFault]:
    for param in declared:
        if param.name in args:
            if args[param.name] is None and not param.required:
                continue
            try:
                param.convert(args[param.name])
            except ValueError as error:
                yield ParamFault(param.name, str(error))
        elif param.required:
            yield ParamFault(param.name, _("missing"), missing=True)
    for name in () if known is None else args.keys() - known:
        yield ParamFault(name, _("unknown"))


def _error(
    declared: Declared,
    args: Mapping[str, Any],
    function: Callable[..., Any] | None,
    known: AbstractSet[str] | None,
) -> ParamError:
    faults = list(_faults(declared, args, known))
    missing = sum(fault.missing for fault in faults)
    if missing == len(faults):
        return MissingParam(faults, function)
    return ParamError(faults, function) if missing else InvalidParam(faults, function)


def declared_params(function: Callable[..., Any]) -> Declared:
    """Return what `param_required` declared for a function, or ()."""
    declared: Declared = getattr(function, "eaglet_params", NOTHING)
    return declared


def behind_check(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function to call once its args are checked against all that it declared.

    It is the function itself, unless its outermost decorator is its only `param_required`.
    """
    # functools.wraps gives the attribute to decorators further out, too: they are not skipped.
    checking, behind = getattr(function, "eaglet_behind_check", (None, function))
    return behind if checking is function else function


def param_required(declarations: Iterable[str] | None = None, **models: Any) -> Callable[[F], F]:
    """Declare the parameters of a function of one dict.

        @param_required(["id:int", "?kind:str(card|cash)", "?page:int(1..)=1", "order:json"],
                        order=Order)

    Called with that dict, the function raises ParamError if any is missing or wrong, and
    otherwise finds the typed ones converted in it, and defaults for optional ones that are not
    there. Raises ImproperlyConfigured, at declaration, for an unknown type, and for limits, a
    default or a model that make no sense.

    Args:
        declarations: `name`, or `?name` for an optional one, each with `:type` behind it to have
            it converted: `str int float bool json decimal date datetime list file`. Behind that
            may stand limits, `(0..150)` for a number or a date, `(1..40)` for the length of a str
            or list, `(card|cash)` for choices, `(..5MB image/png)` for a file; before them the
            type of a list's elements, `list[int]`; at the end `=` and a default.
        models: what values of type json must be, by name: a TypedDict, dataclass or pydantic
            model, or `list[…]` or `dict[str, …]` of one.
    """
    own = parse_declarations(declarations, models)

    def decorate(function: F) -> F:
        if isinstance(function, staticmethod):
            return staticmethod(decorate(function.__func__))  # type: ignore[return-value]
        inner = declared_params(function)
        merged = {param.name: param for param in own}
        for param in inner:
            merge(merged, param)
        declared = Declared(merged.values())
        # What is declared on both is converted once: a JSON text may be one of a JSON text.
        typed_inside = {param.name for param in inner if param.type}
        outer = Declared(
            Param(param.name, param.required) if param.name in typed_inside else param
            for param in own
        )
        guarded = getattr(function, "eaglet_token_rule", None) is not None

        @functools.wraps(function)
        def checking(args: dict[str, Any]) -> Any:
            # A request's args come with the declaration they were already checked against.
            if getattr(args, "checked", None) is not declared:
                if guarded and getattr(args, "auth", None) is None:
                    return function(args)  # which refuses: that comes first
                if not isinstance(args, Mapping):
                    raise TypeError(
                        f"{function.__qualname__}() takes one dict, not {type(args).__name__}"
                    )
                check_params(outer, args, function)
            elif inner:
                args.checked = inner  # type: ignore[attr-defined]
            return function(args)

        checking.eaglet_params = declared  # type: ignore[attr-defined]
        if not inner:
            checking.eaglet_behind_check = (checking, function)  # type: ignore[attr-defined]
        return checking  # type: ignore[return-value]

    return decorate
