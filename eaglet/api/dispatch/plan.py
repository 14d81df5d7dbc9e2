"""What a resource class declares, compiled once: its verbs, its guards, and which path it takes.

What is compiled also holds the settings a call depends on. It is cleared when a setting changes,
which happens in tests, and when an attribute of the class is set.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from rest_framework.exceptions import MethodNotAllowed

from eaglet.api.context import ContextProvider, load_providers
from eaglet.api.dispatch.drf_policy import needs_drf
from eaglet.api.registry import Resource
from eaglet.api.request.method_override import VERBS
from eaglet.api.request.transactions import atomic_aliases
from eaglet.api.security.decorator import TokenRule, token_rule
from eaglet.api.shapes.checking import are_checked, checking
from eaglet.api.shapes.declaration import (
    answer_of,
    holds_named_tuple,
    refusals_of,
    with_named_fields,
)
from eaglet.conf import conf
from eaglet.exceptions import ApiError
from eaglet.params import NOTHING, Declared, behind_check, declared_params


@dataclass(frozen=True, slots=True)
class Method:
    """One verb of a resource.

    Attributes:
        verb: its name in capitals.
        function: the handler, a function of one dict.
        checked_function: what the handler does with args that are checked already.
        params: what `param_required` declared.
        known: all the parameters there may be; None where unknown ones are ignored.
        answer: the shape of what it answers; Any where that is not declared.
        refusals: the classes of what it refuses, as `raises` declares them.
        rule: what `access_token_required` asks, or None.
        grants: the grants a token's app must hold.
        names: the handler's names in the class and its bases: a decorator that does not use
            functools.wraps hides the function, but not the name it was defined under.
    """

    verb: str
    function: Callable[[Any], Any]
    checked_function: Callable[[Any], Any]
    params: Declared
    known: frozenset[str] | None
    answer: Any
    refusals: tuple[type[ApiError], ...]
    rule: TokenRule | None
    grants: tuple[str, ...]
    names: frozenset[tuple[str | None, str | None]]

    def declares(self, function: Callable[..., Any] | None) -> bool:
        """Tell whether a function is the handler itself, under whatever decorators."""
        if function is None:
            return False
        function = inspect.unwrap(function)
        return function is inspect.unwrap(self.function) or _name_of(function) in self.names


class Methods(dict[str, Method]):
    """The methods of a resource, by verb in capitals."""

    def __missing__(self, verb: str) -> Method:
        """Refuse a verb that the resource does not support: MethodNotAllowed (405)."""
        raise MethodNotAllowed(verb[:20])


@dataclass(frozen=True, slots=True)
class CompiledResource:
    """How calls to one resource are answered.

    Attributes:
        place: the resource's name, for the log.
        methods: by verb in capitals; HEAD is GET's. Asking for another one raises
            MethodNotAllowed (405).
        quick: those that a plain query is enough for, if Django REST framework can be left out.
        allow: the value of an Allow header.
        direct: whether Django REST framework can be left out.
        is_counted: whether calls are counted for Prometheus.
        atomic: the databases whose transaction a call is.
        private: the verbs whose answers depend on who calls.
        mixins: the bases that are no classes of resources, and what was in each.
        provided: names that context providers put into the args.
    """

    place: str
    methods: Methods
    quick: dict[str, Method]
    allow: str
    direct: bool
    is_counted: bool
    atomic: tuple[str, ...]
    private: frozenset[str]
    providers: tuple[ContextProvider, ...]
    provided: frozenset[str]
    token_in_parameter: bool
    max_fields: int | None
    always_200: bool
    mixins: tuple[tuple[type, dict[str, Any]], ...]


def handlers(resource: type) -> dict[str, Callable[[Any], Any]]:
    """Return the handlers a class has, by verb; its `http_method_names` may narrow them."""
    allowed = getattr(resource, "http_method_names", VERBS)
    found = {verb: getattr(resource, verb, None) for verb in VERBS if verb in allowed}
    return {verb: handler for verb, handler in found.items() if callable(handler)}


def _name_of(function: Callable[..., Any]) -> tuple[str | None, str | None]:
    return getattr(function, "__module__", None), getattr(function, "__qualname__", None)


def _names(
    resource: type[Resource], handler: Callable[[Any], Any]
) -> frozenset[tuple[str | None, str | None]]:
    # One function may serve several verbs: `post = put`.
    verbs = [verb for verb, other in handlers(resource).items() if other == handler]
    return frozenset(
        (klass.__module__, f"{klass.__qualname__}.{verb}")
        for klass in resource.__mro__
        for verb in verbs
    )


def compiled(resource: type[Resource]) -> CompiledResource:
    """Return what a resource class comes down to; compiled when first asked for.

    A class of resources says when an attribute is set on it; a plain mixin is looked at.
    """
    found = _compiled(resource)
    if found.mixins and any(vars(mixin) != before for mixin, before in found.mixins):
        clear_compiled()
        found = _compiled(resource)
    return found


@functools.cache
def _compiled(resource: type[Resource]) -> CompiledResource:
    providers = load_providers()
    provided = frozenset(name for provider in providers for name in provider.provides)
    methods = Methods(
        (verb.upper(), _method(resource, verb, handler, provided))
        for verb, handler in handlers(resource).items()
    )
    allowed = [*methods, "OPTIONS"]
    if "GET" in methods:
        methods["HEAD"] = methods["GET"]
        allowed.insert(allowed.index("GET") + 1, "HEAD")
    direct = conf.EAGLET_FAST_PATH and not needs_drf(resource)
    # What a provider gives may be declared too, and a POST may mean another verb.
    is_quick = direct and not providers
    return CompiledResource(
        place=f"{resource.app}.{resource.resource}",
        methods=methods,
        quick={
            verb: method
            for verb, method in methods.items()
            if is_quick and verb != "POST" and method.known is None and not method.params.defaults
        },
        allow=", ".join(allowed),
        direct=direct,
        is_counted=conf.EAGLET_METRICS,
        atomic=atomic_aliases(),
        private=frozenset(
            verb
            for verb, method in methods.items()
            if method.rule is not None or resource.authentication_classes
        ),
        providers=providers,
        provided=provided,
        token_in_parameter=conf.EAGLET_TOKEN_IN_PARAMETER,
        max_fields=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
        always_200=conf.EAGLET_ALWAYS_HTTP_200,
        mixins=tuple(
            (klass, dict(vars(klass)))
            for klass in resource.own_classes()
            if type(klass) is not type(resource)
        ),
    )


def clear_compiled(**kwargs: Any) -> None:
    """Compile every resource anew when it is next asked for."""
    _compiled.cache_clear()


setting_changed.connect(clear_compiled, dispatch_uid="eaglet.api.dispatch.plan")


def _method(
    resource: type[Resource], verb: str, handler: Callable[[Any], Any], provided: frozenset[str]
) -> Method:
    rule, params, answer = token_rule(handler), declared_params(handler), answer_of(handler)
    grants: tuple[str, ...] = ()
    if rule is not None:
        own = f"{resource.app}.{resource.resource}:{verb}"
        grants = (own,) if rule.grants is None else rule.grants
    # A method that declares nothing may take anything.
    is_closed = conf.EAGLET_REFUSE_UNKNOWN_PARAMETERS and params is not NOTHING
    return Method(
        verb=verb.upper(),
        function=handler,
        checked_function=_answering(behind_check(handler), resource, verb, answer),
        params=params,
        known=provided.union(param.name for param in params) if is_closed else None,
        answer=answer,
        refusals=refusals_of(handler),
        rule=rule,
        grants=grants,
        names=_names(resource, handler),
    )


def _answering(
    function: Callable[[Any], Any], resource: type[Resource], verb: str, answer: Any
) -> Callable[[Any], Any]:
    """Return what a function does, and no more, unless its answers have to be looked at."""
    if holds_named_tuple(answer):
        plain = function
        function = functools.wraps(plain)(lambda args: with_named_fields(plain(args)))
    if answer is not Any and are_checked():
        function = checking(function, f"{verb} {resource.app}.{resource.resource}", answer)
    return function
