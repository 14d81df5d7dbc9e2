"""The view of a resource: straight through the steps of a call, or with REST framework's hooks.

Most calls go straight through. Where Django REST framework has something to do,
ApiResource.dispatch takes the same steps between its hooks.
"""

from collections.abc import Callable
from logging import INFO
from time import perf_counter
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from eaglet import deadline
from eaglet.api import responses
from eaglet.api.dispatch.call import perform, read_call
from eaglet.api.dispatch.plan import CompiledResource, compiled
from eaglet.api.observability.calls import Observation, count, is_logged
from eaglet.api.registry import Resource
from eaglet.api.request.args import Args
from eaglet.api.request.body import MULTIPART, read_body
from eaglet.api.request.conceal import conceal
from eaglet.api.request.query import normalize_charset, read_checked, read_query
from eaglet.api.request.transactions import in_transactions, machine_view
from eaglet.observability import spans, tracing

View = Callable[..., HttpResponseBase]


def view_of(resource: type[Resource]) -> View:
    """Make the view that answers calls to a resource.

    It is exempt from CsrfViewMiddleware and LoginRequiredMiddleware: a session authenticator,
    where one is named, does its own CSRF check.
    """
    app, name = resource.app, resource.resource

    def view(request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        meta = request.META
        trace = tracing.enter(meta)
        args = Args(request)
        bound = declared = observation = None
        response: HttpResponseBase
        try:
            if deadline.META_KEY in meta:
                bound = deadline.enter(deadline.parse_header(meta[deadline.META_KEY]))
            try:
                declared = compiled(resource)
                if is_logged(INFO) or (tracing.HAS_OPENTELEMETRY and spans.wanted()):
                    observation = Observation(request, app, name)
                if declared.atomic:
                    with in_transactions(declared.atomic, view) as opened:
                        response = _call(resource, declared, request, args)
                        for alias in opened if args.failed else ():
                            transaction.set_rollback(True, using=alias)
                else:
                    response = _call(resource, declared, request, args)
            except Exception as exception:  # noqa: BLE001 - becomes the answer
                conceal(request)
                response = _refuse(exception, resource, declared, request)
            else:
                if response.status_code >= 400:
                    conceal(request)
            verb = args.verb or request.method or ""
            if declared is not None:
                if verb in declared.private:
                    responses.make_private(response)
                if declared.is_counted:
                    count(app, name, verb, response, perf_counter() - began)
            if request.method == "HEAD":
                response = responses.without_body(response)
            if observation is not None or "HTTP_X_REQUEST_ID" in meta:
                _name_request(response)
            if observation is not None:
                provided = declared.provided if declared else ()
                observation.end(verb, response, perf_counter() - began, args, provided)
            return response
        finally:
            if bound is not None:
                deadline.leave(bound)
            tracing.leave(trace)

    machine_view(view)
    view.__name__ = resource.__name__
    view.__doc__ = resource.__doc__
    view.__module__ = resource.__module__
    view.cls = resource  # type: ignore[attr-defined]
    view.initkwargs = {}  # type: ignore[attr-defined]
    view.actions = None  # type: ignore[attr-defined]
    return view


def _call(
    resource: type[Resource], declared: CompiledResource, request: HttpRequest, args: Args
) -> HttpResponseBase:
    method = declared.quick.get(request.method or "")
    if method is not None and read_checked(request, args, method.params, declared.max_fields):
        result = perform(declared, method, args, request, None)
    elif not declared.direct or request.method == "OPTIONS" or request.content_type == MULTIPART:
        return _through_drf(resource, request, args)
    else:
        read_query(request, args)
        verb, fault = read_call(declared, request, args, read_body)
        result = perform(declared, declared.methods[verb], args, request, fault)
    if isinstance(result, HttpResponseBase):
        return responses.passed_on(result)
    if isinstance(result, tuple):
        return responses.write(responses.of_result(result), request)
    return responses.envelope_response(result)


def _refuse(
    exception: Exception,
    resource: type[Resource],
    declared: CompiledResource | None,
    request: HttpRequest,
) -> HttpResponseBase:
    allow, always_200 = (declared.allow, declared.always_200) if declared else ("", False)
    place = f"{resource.app}.{resource.resource}"
    outcome = responses.of_exception(exception, allow=allow, place=place)
    try:
        return responses.write(outcome, request, always_200=always_200)
    except Exception as unwritable:  # noqa: BLE001 - the data of an ApiError, say
        outcome = responses.of_exception(unwritable, place=place)
        return responses.write(outcome, request, always_200=always_200)


def _name_request(response: HttpResponseBase) -> None:
    if (trace := tracing.current()) is not None:
        response.headers["X-Request-ID"] = trace.request_id


def _through_drf(resource: type[Resource], request: HttpRequest, args: Args) -> HttpResponseBase:
    normalize_charset(request)  # here already: a hook may read the request first
    view: Any = resource()
    view.call_args = args
    view.setup(request)
    response: HttpResponseBase = view.dispatch(request)
    return response
