"""The document: every verb of every resource that is registered."""

from typing import Any, Final

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.settings import patched_settings, spectacular_settings
from rest_framework.settings import api_settings

from eaglet.api import registry
from eaglet.api.dispatch.plan import compiled
from eaglet.api.introspection import path_of
from eaglet.api.openapi.operations import ResourceSchema
from eaglet.api.openapi.responses import RESPONSES, SCHEMAS
from eaglet.api.shapes.schema import SETTINGS, Components
from eaglet.conf.naming import service_name

DESCRIPTION: Final = """\
Every resource is at `/{app}/{resource}/`. Parameters may stand in the query and in the body, for
every verb; the body's go before. A body is a form, url-encoded or multipart, or a JSON object. Here
the parameters of GET and DELETE are described in the query, those of other verbs in the body.
PUT, PATCH and DELETE can also be called by POST, with `_method` in the query or in the body.

Typed parameters are also taken as text in JSON bodies, as a form carries them. An int is written
without a fraction: 7, not 7.0.
"""


class Generator(SchemaGenerator):
    """Takes the endpoints from the registry: their one URL pattern tells nothing of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the envelope's own components before any that the project declares."""
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.registry = Components()
        for kind, components in (
            (ResolvedComponent.SCHEMA, SCHEMAS),
            (ResolvedComponent.RESPONSE, RESPONSES),
        ):
            for name, schema in components.items():
                made = ResolvedComponent(name, kind, schema, object=RESPONSES)  # type: ignore[no-untyped-call]
                self.registry.register(made)

    def _initialise_endpoints(self) -> None:
        if self.endpoints is None:
            self.endpoints = [
                (path_of(resource), "", verb, resource.as_view())  # type: ignore[misc]
                for resource in registry.registered()
                for verb in sorted(compiled(resource).methods)
                if verb != "HEAD"
            ]

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        """Make the view of an operation, described by ResourceSchema."""
        view = super().create_view(callback, method, request)  # type: ignore[no-untyped-call]
        view.versioning_class = None  # the version is not in the path
        handler = getattr(view, method.lower())
        self._set_schema_to_view(view, _schema_class(handler)())  # type: ignore[no-untyped-call]
        return view

    def get_schema(self, request: Any = None, public: bool = True) -> dict[str, Any]:
        """Make the document; SPECTACULAR_SETTINGS may give it a title, a version and more."""
        schema: dict[str, Any] = super().get_schema(request, public)  # type: ignore[no-untyped-call]
        info = schema["info"]
        info["title"] = info["title"] or service_name()
        info.setdefault("description", DESCRIPTION)
        if "tags" not in schema:
            apps = sorted({resource.app for resource in registry.registered()})
            schema["tags"] = [{"name": app} for app in apps]
        return schema


def _schema_class(handler: Any) -> type[ResourceSchema]:
    """ResourceSchema, or what `extend_schema` says of a handler on top of it."""
    extended = getattr(handler, "kwargs", {}).get("schema")
    if not isinstance(extended, type):
        return ResourceSchema
    if not issubclass(extended, AutoSchema):
        # It extends REST framework's own class, where the project names none.
        own: Any = api_settings.DEFAULT_SCHEMA_CLASS
        first = next(each for each in extended.__mro__ if own in each.__bases__)
        first.__bases__ = (ResourceSchema,)
    if issubclass(extended, ResourceSchema):
        return extended
    return type("Extended", (extended, ResourceSchema), {})


def document() -> dict[str, Any]:
    """Make the OpenAPI 3.1 document of this service."""
    # By default it names each enum, for which it wants one type of value, and that told.
    hooks = ["drf_spectacular.hooks.postprocess_schema_enum_id_removal"]
    named = spectacular_settings.user_settings.get("POSTPROCESSING_HOOKS", hooks)
    with patched_settings({**SETTINGS, "POSTPROCESSING_HOOKS": named}):
        document = Generator().get_schema(public=True)
    return document
