"""How a call goes: policy, token and grant, providers, parameters, handler.

Most calls go straight through here. Where Django REST framework has something to do,
ApiResource.dispatch takes the same steps between its hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from logging import INFO
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException

from eaglet import deadline
from eaglet.api import responses
from eaglet.api.context import add_context
from eaglet.api.dispatch.browsable import wants_page
from eaglet.api.dispatch.plan import Method, Plan, plan_of
from eaglet.api.exceptions import InvalidParams
from eaglet.api.observability.calls import Observation, is_logged, is_traced
from eaglet.api.request.args import Args
from eaglet.api.request.body import MULTIPART, has_body, read_body
from eaglet.api.request.method_override import PARAMETER, tunnelled_verb
from eaglet.api.request.query import mend_encoding, read_checked, read_query
from eaglet.api.security.authentication import require_token
from eaglet.exceptions import ParamError
from eaglet.observability import tracing
from eaglet.params import check_params

if TYPE_CHECKING:
    from eaglet.api.resource import ApiResource

View = Callable[[HttpRequest], HttpResponseBase]


def view_of(resource: type[ApiResource]) -> View:
    """Make the view that answers calls to a resource.

    It is exempt from CsrfViewMiddleware and LoginRequiredMiddleware: a session authenticator,
    where one is named, does its own CSRF check.
    """

    def view(request: HttpRequest) -> HttpResponseBase:
        meta = request.META
        trace = tracing.enter(meta)
        args = Args(request)
        bound = plan = observation = None
        response: HttpResponseBase
        try:
            if deadline.META_KEY in meta:
                bound = deadline.enter(deadline.parse_header(meta[deadline.META_KEY]))
            try:
                plan = plan_of(resource)
                if plan.is_counted or is_logged(INFO) or (is_traced and is_traced()):
                    observation = Observation(request, resource.app, resource.resource)
                method = plan.quick.get(request.method)
                if (
                    method is not None
                    and "html" not in meta.get("HTTP_ACCEPT", "")
                    and read_checked(request, args, method.params, plan.max_fields)
                ):
                    response = _answer(perform(plan, method, args, request, None), request)
                elif (
                    not plan.direct
                    or request.method == "OPTIONS"
                    or request.content_type == MULTIPART
                    or ("html" in meta.get("HTTP_ACCEPT", "") and wants_page(request))
                ):
                    response = _through_drf(resource, request, args)
                else:
                    read_query(request, args, plan.max_fields)
                    verb, fault = read_call(request, args, read_body)
                    result = perform(plan, plan.methods[verb], args, request, fault)
                    response = _answer(result, request)
            except Exception as exception:  # noqa: BLE001 - becomes the answer
                responses.roll_back()
                response = _refuse(exception, resource, plan, request)
            if request.method == "HEAD":
                response = responses.without_body(response)
            if "HTTP_X_REQUEST_ID" in meta:
                _tell_request_id(response)
            if observation is not None:
                if observation.is_told:
                    _tell_request_id(response)
                observation.end(response, args, plan.provided if plan else ())
            return response
        finally:
            if bound is not None:
                deadline.leave(bound)
            tracing.leave(trace)

    view.__name__ = resource.__name__
    view.__doc__ = resource.__doc__
    view.__module__ = resource.__module__
    view.csrf_exempt = True  # type: ignore[attr-defined]
    view.login_required = False  # type: ignore[attr-defined]
    view.cls = resource  # type: ignore[attr-defined]
    view.initkwargs = {}  # type: ignore[attr-defined]
    view.actions = None  # type: ignore[attr-defined]
    return view


def _answer(result: Any, request: HttpRequest) -> HttpResponseBase:
    if isinstance(result, HttpResponseBase):
        return responses.passed_on(result)
    if isinstance(result, tuple):
        return responses.write(responses.of_result(result), request)
    return responses.envelope_response(result)


def _refuse(
    exception: Exception, resource: type[ApiResource], plan: Plan | None, request: HttpRequest
) -> HttpResponseBase:
    allow, always_200 = (plan.allow, plan.always_200) if plan else ("", False)
    place = f"{resource.app}.{resource.resource}"
    outcome = responses.of_exception(exception, allow=allow, place=place)
    try:
        return responses.write(outcome, request, always_200=always_200)
    except Exception as unwritable:  # noqa: BLE001 - the data of an ApiError, say
        outcome = responses.of_exception(unwritable, place=place)
        return responses.write(outcome, request, always_200=always_200)


def _tell_request_id(response: HttpResponseBase) -> None:
    if (trace := tracing.current()) is not None:
        response.headers["X-Request-ID"] = trace.request_id


def _through_drf(resource: type[ApiResource], request: HttpRequest, args: Args) -> HttpResponseBase:
    mend_encoding(request)  # here already: a hook may read the request first
    view = resource()
    view.call_args = args
    view.setup(request)
    return view.dispatch(request)


def read_call(
    request: HttpRequest, args: Args, read: Callable[[HttpRequest], Mapping[str, Any]]
) -> tuple[str, APIException | None]:
    """Lay the body over the query in `args`; give back the verb and what is wrong with the body.

    The fault is not raised here, because a missing token comes first. Raises what
    `tunnelled_verb` raises.
    """
    in_query = args.pop(PARAMETER, None)
    in_body = None
    fault = None
    if has_body(request):
        try:
            args.overlay(read(request))
        except APIException as exception:
            fault = exception
        else:
            in_body = args.pop(PARAMETER, None)
    if request.method != "POST":
        return request.method or "", fault
    verb = args.verb = tunnelled_verb(in_query, in_body)
    return verb, fault


def perform(
    plan: Plan, method: Method, args: Args, request: HttpRequest, fault: APIException | None
) -> Any:
    """Take a call that policy let in through to its handler, and give back what that returns.

    Args:
        plan: the resource's.
        method: the verb's.
        args: query and body, merged; the context is added and types are converted here.
        request: Django's.
        fault: what is wrong with the body; raised once the token is known to be good.
    """
    if method.rule is not None:
        require_token(method, args, request, in_parameter=plan.token_in_parameter)
    if fault is not None:
        raise fault
    if plan.providers:
        add_context(plan.providers, args)
    params = method.params
    try:
        if args.checked is not params:
            check_params(params, args, method.function)
            args.checked = params
        return method.checked_function(args)
    except ParamError as error:
        # A ParamError from deeper down is a fault of the service, not of its caller.
        if method.declares(error.function):
            raise InvalidParams(error.faults) from None
        raise
