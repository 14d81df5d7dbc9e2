"""`ApiResource`: the class a resource is declared by."""

import inspect
import re
from abc import ABCMeta
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.metadata import SimpleMetadata
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import APISettings, api_settings
from rest_framework.views import APIView

from eaglet.api import registry, responses
from eaglet.api.dispatch.call import perform, read_call
from eaglet.api.dispatch.drf_policy import names_exception_handler, names_renderers
from eaglet.api.dispatch.plan import CompiledResource, clear_compiled, compiled, handlers
from eaglet.api.dispatch.view import View, view_of
from eaglet.api.request.accept import Negotiation
from eaglet.api.request.args import Args
from eaglet.api.request.body import read_drf_body
from eaglet.api.request.conceal import conceal
from eaglet.api.request.drf import PARSERS, FromProject, ResourceRequest, named
from eaglet.api.request.query import read_query
from eaglet.api.security.authentication import AccessTokenAuthentication
from eaglet.api.security.decorator import token_rule
from eaglet.api.shapes.checking import check_shape

_NAMES = {
    "app": re.compile(r"[A-Za-z0-9_-]+"),
    "resource": re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*"),
}


class _ResourceType(ABCMeta):
    """The type of resource classes: what is set on one later counts from then on.

    Else a test that patches a handler or a permission would patch nothing.
    """

    def __setattr__(cls, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        clear_compiled()

    def __delattr__(cls, name: str) -> None:
        super().__delattr__(name)
        clear_compiled()


class ApiResource(APIView, metaclass=_ResourceType):
    """A resource at `/{app}/{resource}/`, declared by a class.

    Its verbs — `get post put delete patch` — are plain functions of one dict, without `self`.
    Declaring the class registers it; a second class for its pair is an ImproperlyConfigured.
    `abstract = True` in a class's own body makes it a base that is not registered.

    It is a Django REST framework view: whatever policy the project's REST_FRAMEWORK or the class
    names is honoured, and so is every hook it overrides. Nothing that is not named is added.
    """

    app: ClassVar[str]
    resource: ClassVar[str]
    abstract: ClassVar[bool] = True

    call_args: Args  # of the call that an instance answers

    settings: Any = api_settings
    authentication_classes: Any = FromProject("DEFAULT_AUTHENTICATION_CLASSES", ())
    permission_classes: Any = FromProject("DEFAULT_PERMISSION_CLASSES", ())
    throttle_classes: Any = FromProject("DEFAULT_THROTTLE_CLASSES", ())
    parser_classes: Any = FromProject("DEFAULT_PARSER_CLASSES", PARSERS)
    renderer_classes: Any = FromProject("DEFAULT_RENDERER_CLASSES", (JSONRenderer,))
    content_negotiation_class: Any = FromProject("DEFAULT_CONTENT_NEGOTIATION_CLASS", Negotiation)
    versioning_class: Any = FromProject("DEFAULT_VERSIONING_CLASS", None)
    metadata_class: Any = FromProject("DEFAULT_METADATA_CLASS", SimpleMetadata)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for verb, handler in handlers(cls).items():
            if inspect.iscoroutinefunction(inspect.unwrap(handler)):
                raise ImproperlyConfigured(f"{registry.place(cls)}: {verb} must not be async")
        if cls.__dict__.get("abstract", False):
            return
        for attribute, form in _NAMES.items():
            value = getattr(cls, attribute, None)
            if not isinstance(value, str) or not form.fullmatch(value):
                raise ImproperlyConfigured(
                    f"{registry.place(cls)} needs a class attribute {attribute!r} of the form "
                    f"{form.pattern}, and has {value!r}; "
                    "a base that is no resource itself says `abstract = True`"
                )
        registry.register(cls)
        registry.when_discovered(cls._check_answers)

    @classmethod
    def _check_answers(cls) -> None:
        for verb, handler in handlers(cls).items():
            check_shape(registry.place(cls), verb, handler)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> View:  # type: ignore[override]
        """Make the view that answers calls to this resource."""
        if initkwargs:
            raise TypeError(f"as_view() of a resource takes no arguments: {sorted(initkwargs)}")
        return view_of(cls)

    @classmethod
    def is_guarded(cls) -> bool:
        """Tell whether any verb requires an access token."""
        return any(token_rule(handler) is not None for handler in handlers(cls).values())

    @classmethod
    def own_classes(cls) -> list[type]:
        """Return this class and its bases, but for those that every resource has."""
        return [klass for klass in cls.__mro__ if klass not in ApiResource.__mro__]

    # What follows is one call through Django REST framework, where it has something to do.

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Wrap Django's request."""
        return ResourceRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a call, with every hook of REST framework where it belongs."""
        self.args = args
        self.kwargs = kwargs
        if not isinstance(self.settings, APISettings):
            self.settings = api_settings  # a resource may use the name for something of its own
        declared = compiled(type(self))
        drf_request = self.initialize_request(request, *args, **kwargs)
        self.request = drf_request
        self.headers = self.default_response_headers
        response: HttpResponseBase
        try:
            response = self._call(declared, request, drf_request)
        except Exception as exception:  # noqa: BLE001 - becomes the answer
            response = self.handle_exception(exception)
        self.response = self.finalize_response(drf_request, response, *args, **kwargs)  # type: ignore[arg-type]
        return responses.name_charset(self.response)

    def _call(
        self, declared: CompiledResource, request: HttpRequest, drf_request: Request
    ) -> HttpResponseBase:
        args = self.call_args
        read_query(request, args)
        method = declared.methods.get(request.method or "")
        # The body is read first where it decides: `_method` may be in it, or the token.
        read_early = request.method == "POST" or (method is not None and method.rule is not None)
        verb, fault = request.method or "", None
        if read_early:
            verb, fault = read_call(declared, request, args, lambda _: read_drf_body(drf_request))
        drf_request.method = verb
        method = declared.methods.get(verb)
        if method is not None and method.rule is not None:
            token = AccessTokenAuthentication(args, in_parameter=declared.token_in_parameter)
            drf_request.authenticators = [token, *(drf_request.authenticators or ())]
        args.request = drf_request
        self.initial(drf_request, *self.args, **self.kwargs)
        if verb == "OPTIONS":
            return self._describe(declared)
        method = declared.methods[verb]
        if not read_early:
            _verb, fault = read_call(declared, request, args, lambda _: read_drf_body(drf_request))
            drf_request.params = dict(args)  # type: ignore[attr-defined]
        result = perform(declared, method, args, request, fault)
        if isinstance(result, HttpResponseBase):
            return result
        return self._write(responses.of_result(result))

    def _describe(self, declared: CompiledResource) -> HttpResponseBase:
        data: dict[str, Any] = {"app": self.app, "resource": self.resource}
        if named("DEFAULT_METADATA_CLASS") or self.metadata_class is not SimpleMetadata:
            data = self.metadata_class().determine_metadata(self.request, self)
        outcome = responses.of_result(data)
        response = self._write(outcome)
        response["Allow"] = declared.allow
        return response

    def _write(self, outcome: responses.Outcome) -> HttpResponseBase:
        request: HttpRequest = self.request._request
        always_200 = compiled(type(self)).always_200
        if not names_renderers(type(self)) or (
            outcome.status >= 400 and not always_200 and responses.accepts_problem(request)
        ):
            return responses.write(outcome, request, always_200=always_200)
        response = Response(
            responses.plain(outcome.envelope),
            status=200 if always_200 else outcome.status,
            headers=dict(outcome.headers),
        )
        response.envelope_code = outcome.envelope["code"]  # type: ignore[attr-defined]
        return response

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]
        """Turn an exception into the answer, by the project's own handler if it names one."""
        self.call_args.failed = True
        conceal(self.request._request)
        if isinstance(exc, NotAuthenticated | AuthenticationFailed):
            self._say_how_to_authenticate(exc)
        if names_exception_handler(type(self)):
            handler = self.get_exception_handler()
            response: Response | None = handler(exc, self.get_exception_handler_context())
            if response is not None:
                response.exception = True
                return response
        declared = compiled(type(self))
        return self._write(responses.of_exception(exc, allow=declared.allow, place=declared.place))

    def _say_how_to_authenticate(self, exc: NotAuthenticated | AuthenticationFailed) -> None:
        # As REST framework does: a 401 names a scheme, and where there is none it is a 403.
        authenticators = self.request.authenticators
        if hasattr(exc, "auth_header") or not authenticators:
            return
        header = getattr(authenticators[0], "authenticate_header", lambda _: None)(self.request)
        if header:
            exc.auth_header = header  # type: ignore[union-attr]
        else:
            exc.status_code = 403

    def _allowed_methods(self) -> list[str]:
        return compiled(type(self)).allow.split(", ")
