"""The steps of a call: body, verb, token and grants, context, parameters, handler."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import APIException

from eaglet.api.context import add_context
from eaglet.api.dispatch.plan import CompiledResource, Method
from eaglet.api.exceptions import InvalidParams, TokenRefused
from eaglet.api.request.args import CREDENTIALS, Args
from eaglet.api.request.body import has_body, may_have_body
from eaglet.api.request.method_override import PARAMETER, tunnelled_verb
from eaglet.api.security.authentication import check_header, require_token
from eaglet.exceptions import ParamError
from eaglet.observability.redaction import Concealed
from eaglet.params import check_params


def read_call(
    resource: CompiledResource,
    request: HttpRequest,
    args: Args,
    read: Callable[[HttpRequest], Mapping[str, Any]],
) -> tuple[str, APIException | None]:
    """Lay the body over the query in `args`; return the verb and what is wrong with the body.

    The fault is not raised here, because a missing token comes first. A token in the header is
    checked before anything of the body is read. Raises TokenRefused, and what `tunnelled_verb`
    raises.
    """
    in_query = args.pop(PARAMETER, None)
    in_body = None
    fault = None
    if may_have_body(request):
        _check_token_first(resource, request, args, in_query)
        try:
            if has_body(request):
                args.overlay(read(request))
        except APIException as exception:
            fault = exception
        else:
            in_body = args.pop(PARAMETER, None)
    for name in () if CREDENTIALS.isdisjoint(args) else CREDENTIALS:
        if args.get(name).__class__ is str:
            args[name] = Concealed(args[name])
    if request.method != "POST":
        return request.method or "", fault
    verb = args.verb = tunnelled_verb(in_query, in_body)
    return verb, fault


def _check_token_first(
    resource: CompiledResource, request: HttpRequest, args: Args, in_query: Any
) -> None:
    verb = request.method or ""
    if verb == "POST" and isinstance(in_query, str):
        verb = in_query.upper()
    method = resource.methods.get(verb)
    # What a body may name is guarded if all is.
    methods = [method] if method is not None else resource.methods.values()
    if any(method.rule is None for method in methods):
        return
    if not check_header(request, args) and not resource.token_in_parameter:
        raise TokenRefused(sent=False)


def perform(
    resource: CompiledResource,
    method: Method,
    args: Args,
    request: HttpRequest,
    fault: APIException | None,
) -> Any:
    """Take a call that policy let in to its handler, and return what that returns.

    The context is added to `args`, and types are converted. `fault` is what is wrong with the
    body; it is raised once the token is known to be good.
    """
    if method.rule is not None:
        require_token(method.grants, args, request, in_parameter=resource.token_in_parameter)
    if fault is not None:
        raise fault
    if resource.providers:
        add_context(resource.providers, args)
    try:
        if args.checked is not method.params:
            check_params(method.params, args, method.function, method.known)
            args.checked = method.params
        return method.checked_function(args)
    except ParamError as error:
        # A ParamError from deeper down is a fault of the service, not of its caller.
        if method.declares(error.function):
            raise InvalidParams(error.faults) from None
        raise
