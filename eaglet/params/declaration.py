"""The grammar of declared parameters, read once: `?name:type[elements](limits)=default`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from eaglet.encoding import RepeatedValues
from eaglet.params.converters import CONVERTERS, Converter, convert_each, refuse
from eaglet.params.limits import Limits
from eaglet.params.models import converter_of
from eaglet.translation import translated as _

_DECLARATION: Final = re.compile(r"(\??)([^:=]*)(?:(:)([^=]*))?(?:=(.*))?", re.DOTALL)
_TYPE: Final = re.compile(r"(\w+)(?:\[(.+)\])?(?:\(([^()]*)\))?")


@dataclass(frozen=True)
class Param:
    """Hold one declared parameter.

    Attributes:
        name: its name.
        required: whether it must be there.
        type: a key of CONVERTERS, or None for no conversion.
        limits: what values of the type are taken.
        elements: of a list, what its elements are; without a name.
        default: the text that stands for an optional one that is not sent.
        model: what a JSON value must be: a TypedDict, dataclass, pydantic model, or a hint of such.
        spelled: the type as it was declared, with elements and limits.
    """

    name: str
    required: bool = True
    type: str | None = None
    limits: Limits | None = None
    elements: Param | None = None
    default: str | None = None
    model: Any = None
    spelled: str = ""

    @classmethod
    def parse(cls, declaration: str) -> Param:
        """Read a declaration; ImproperlyConfigured says what is wrong with it."""
        if not isinstance(declaration, str):
            raise ImproperlyConfigured(f"a parameter is declared by a string, not {declaration!r}")
        found = _DECLARATION.fullmatch(declaration)
        optional, name, colon, spelled, default = found.groups() if found else ("",) * 5
        if not name:
            raise ImproperlyConfigured(f"parameter {declaration!r} has no name")
        try:
            param = cls._typed(name, spelled) if colon else cls(name)
            if not optional and default is not None:
                refuse("only an optional one has a default: write ?name")
            param = replace(param, required=not optional, default=default)
            param.make_default()
        except ValueError as error:
            raise ImproperlyConfigured(f"parameter {declaration!r}: {error}") from None
        return param

    @classmethod
    def _typed(cls, name: str, spelled: str) -> Param:
        found = _TYPE.fullmatch(spelled)
        type_, elements, limits = found.groups() if found else (spelled, None, None)
        if type_ not in CONVERTERS:
            refuse(f"there is no type {type_!r}; there are {', '.join(CONVERTERS)}")
        if elements is not None and type_ != "list":
            refuse("only a list has elements of a type")
        return cls(
            name,
            type=type_,
            limits=None if limits is None else Limits.parse(type_, limits),
            elements=None if elements is None else cls._typed("", elements),
            spelled=spelled if elements or limits else "",
        )

    def __str__(self) -> str:
        type_ = self.spelled or self.type
        default = "" if self.default is None else f"={self.default}"
        return f"{'' if self.required else '?'}{self.name}{f':{type_}' if type_ else ''}{default}"

    @functools.cached_property
    def converter(self) -> Converter | None:
        """Return the function that converts a value or raises ValueError; None without a type."""
        if self.type is None:
            return None
        convert = CONVERTERS[self.type]
        if self.model is not None:
            convert = _in_turn(convert, converter_of(self.model))
        if self.elements is not None:
            convert = _in_turn(convert, functools.partial(_convert_elements, self.elements.convert))
        return convert if self.limits is None else self.limits.applied(self.type, convert)

    def convert(self, value: Any) -> Any:
        """Convert a given value; ValueError says what is wrong with it."""
        if self.converter is None:
            return value
        if value is None:
            refuse(_("null"))
        if isinstance(value, RepeatedValues) and self.type != "list":
            refuse(_("given several times"))
        return self.converter(str(value) if isinstance(value, Promise) else value)

    def make_default(self) -> Any:
        """Return the default, a new one each time; None without one."""
        if self.default is None or self.converter is None:
            return self.default
        return self.converter(self.default)


def _in_turn(first: Converter, second: Converter) -> Converter:
    return lambda value: second(first(value))


def _convert_elements(convert: Converter, values: list[Any]) -> list[Any]:
    return convert_each((f"[{index}]", convert, value) for index, value in enumerate(values))


class Declared(tuple[Param, ...]):
    """Hold the parameters of one function, and what checking them takes, worked out once.

    Attributes:
        required: the names that must be there.
        typed: name, converter and parameter of each that has a type.
        converters: the converters of those, by name.
        defaults: those that have a default.
    """

    required: frozenset[str]
    typed: tuple[tuple[str, Converter, Param], ...]
    converters: dict[str, Converter]
    defaults: tuple[Param, ...]

    def __new__(cls, params: Iterable[Param] = ()) -> Declared:
        """Keep the parameters in the order of their declaration."""
        declared = super().__new__(cls, params)
        declared.required = frozenset(param.name for param in declared if param.required)
        declared.typed = tuple(
            (param.name, param.converter, param)
            for param in declared
            if param.converter is not None
        )
        declared.converters = {name: converter for name, converter, _param in declared.typed}
        declared.defaults = tuple(param for param in declared if param.default is not None)
        return declared


NOTHING: Final = Declared()


def parse_declarations(
    declarations: Iterable[str] | None, models: Mapping[str, Any] | None = None
) -> Declared:
    """Read the list given to `param_required`; a name given twice is merged into one.

    Of two mentions, required wins over optional and a type over none. Raises
    ImproperlyConfigured for anything that is not the grammar, two types for one name, and a model
    of what is no JSON parameter, or that nothing can be converted to.
    """
    if isinstance(declarations, str):
        raise ImproperlyConfigured(f"param_required takes a list: [{declarations!r}]")
    if callable(declarations) or isinstance(declarations, staticmethod):
        raise ImproperlyConfigured("param_required takes a list: write @param_required([...])")
    params: dict[str, Param] = {}
    for declaration in declarations or ():
        merge(params, Param.parse(declaration))
    for name, model in (models or {}).items():
        if name not in params or params[name].type != "json":
            raise ImproperlyConfigured(f'there is a model for {name!r}, and no "{name}:json"')
        params[name] = replace(params[name], model=model)
        try:
            params[name].make_default()
        except (TypeError, ValueError) as error:
            raise ImproperlyConfigured(f"the model of {name!r}: {error}") from error
    return Declared(params.values())


def merge(params: dict[str, Param], param: Param) -> None:
    """Add a parameter to those of one function; ImproperlyConfigured for two types of one name."""
    known = params.setdefault(param.name, param)
    of_known, of_param = (each.spelled or each.type for each in (known, param))
    if of_known and of_param and of_known != of_param:
        raise ImproperlyConfigured(
            f"parameter {param.name!r} is declared as {of_known} and as {of_param}"
        )
    required = known.required or param.required
    params[param.name] = replace(
        known if known.type else param,
        required=required,
        default=None if required else known.default or param.default,
        model=known.model or param.model,
    )
