"""One operation: a verb of a resource."""

from typing import Any, Final, cast

from drf_spectacular.plumbing import ResolvedComponent

from eaglet.api import registry
from eaglet.api.dispatch.plan import CompiledResource, Method, compiled
from eaglet.api.introspection import (
    doc_of_method,
    doc_of_resource,
    passed_by_caller,
    split_doc,
    token_resource,
    url_of,
)
from eaglet.api.openapi import responses as described
from eaglet.api.request.body import FORM, JSON, MULTIPART
from eaglet.api.shapes.example import example_of
from eaglet.api.shapes.schema import ShapeSchema, schema_of
from eaglet.contracts.comparison import GRANTS, REFUSALS
from eaglet.contracts.param_schemas import ParamSchemas, has_files, media_types

TOKEN_SCHEME: Final = "accessToken"  # noqa: S105 - a name
OAUTH_SCHEME: Final = "clientCredentials"

# Where their parameters stand; each verb's may stand in the other place too.
_IN_QUERY: Final = frozenset({"GET", "DELETE"})


class ResourceSchema(ShapeSchema):
    """Describes a verb of a resource; what `extend_schema` says of it goes before."""

    @property
    def resource(self) -> type[registry.Resource]:
        """The class."""
        return cast("type[registry.Resource]", type(self.view))

    @property
    def compiled(self) -> CompiledResource:
        """What the class declares."""
        return compiled(self.resource)

    @property
    def declared(self) -> Method:
        """What the method declares."""
        return self.compiled.methods[self.method]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the operation object, or None where `extend_schema` leaves it out."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        params = passed_by_caller(self.compiled, self.declared)
        if self.method in _IN_QUERY:
            said = {parameter["name"] for parameter in operation.get("parameters", ())}
            own = [self._described.in_query(p) for p in params if p.name not in said]
            if own:
                operation["parameters"] = [*operation.get("parameters", ()), *own]
        elif "requestBody" not in operation:
            operation["requestBody"] = self._body()
        answer = self.declared.answer
        data = None if answer is Any else schema_of(answer, self)
        components = self.registry.build({}).get("schemas", {})
        responses = described.responses(
            with_token=self.declared.rule is not None
            or not self.compiled.direct
            or self.resource is token_resource(),
            always_200=self.compiled.always_200,
            data=data,
            example=(None, False) if data is None else example_of(data, components),
            refusals=self.declared.refusals,
        )
        said = operation["responses"]
        operation["responses"] = {
            **responses,
            **{
                status: described.enveloped(response, status, components)
                for status, response in said.items()
            },
        }
        return operation

    @property
    def _described(self) -> ParamSchemas:
        return ParamSchemas(lambda model: schema_of(model, self, "request"))

    def _body(self) -> dict[str, Any]:
        params = passed_by_caller(self.compiled, self.declared)
        schemas, content = self._described, {}
        if not has_files(params):
            closed = self.declared.known is not None
            content[JSON] = {"schema": schemas.json_body(params, is_closed=closed)}
        form = schemas.form_body(params)
        if form is not None and not has_files(params):
            content[FORM] = {"schema": form}
        if form is not None:
            content[MULTIPART] = {"schema": form}
        if encoding := media_types(params):
            content[MULTIPART]["encoding"] = encoding
        return {"required": any(param.required for param in params), "content": content}

    def get_operation_id(self) -> str:
        """`app.resource.verb`, which no other operation has."""
        return f"{self.resource.app}.{self.resource.resource}.{self.method.lower()}"

    def get_tags(self) -> list[str]:
        """Return the resource's app."""
        return [self.resource.app]

    def get_summary(self) -> str:
        """Return the first line of the method's docstring, else of the class's, else the name."""
        return self._documentation()[0] or f"{self.method} {self.compiled.place}"

    def get_description(self) -> str:  # type: ignore[override]
        """Return the rest of it, and what the class's says."""
        return self._documentation()[1]

    def _documentation(self) -> tuple[str, str]:
        of_class = doc_of_resource(self.resource)
        of_method = doc_of_method(self.declared)
        if not of_method:
            return split_doc(of_class)
        summary, rest = split_doc(of_method)
        return summary, "\n\n".join(part for part in (rest, of_class) if part)

    def get_extensions(self) -> dict[str, Any]:
        """Return the grants, where a token is required, and the refusals that are declared."""
        told: dict[str, Any] = {}
        if self.declared.rule is not None:
            told[GRANTS] = list(self.declared.grants)
        if self.declared.refusals:
            told[REFUSALS] = [
                {"code": error.code, "name": error.__name__, "description": error.meaning()}
                for error in self.declared.refusals
            ]
        return told

    def get_auth(self) -> list[dict[str, Any]]:
        """Ask for the access token where one is required, else for what policy names."""
        if self.declared.rule is None:
            return super().get_auth()
        self._register(
            TOKEN_SCHEME,
            ResolvedComponent.SECURITY_SCHEMA,
            {
                "type": "http",
                "scheme": "bearer",
                "description": "An access token, issued for an app key and secret.",
            },
        )
        required: list[dict[str, Any]] = [{TOKEN_SCHEME: []}]
        if token_resource() is not None:
            url = url_of("eaglet:oauth-token", default="/oauth/token/")
            flow = {"tokenUrl": url, "scopes": {}}
            self._register(
                OAUTH_SCHEME,
                ResolvedComponent.SECURITY_SCHEMA,
                {"type": "oauth2", "flows": {"clientCredentials": flow}},
            )
            required.append({OAUTH_SCHEME: []})
        return required

    def get_request_serializer(self) -> None:
        """Return None: parameters are declared, not serialized."""

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        # Not by REST framework's customs, which has 201 and 204, too.
        said = self.get_response_serializers()
        if isinstance(said, dict):
            return super()._get_response_bodies(direction)
        return {"200": self._get_response_for_code(said, "200", None, direction)}  # type: ignore[no-untyped-call]

    def get_response_serializers(self) -> Any:
        """Return none of its own: every method answers with the envelope."""
        return {}

    def get_filter_backends(self) -> list[Any]:
        """Return none: a resource lists nothing by itself."""
        return []

    def _register(self, name: str, kind: str, schema: dict[str, Any]) -> None:
        self.registry.register_on_missing(
            ResolvedComponent(  # type: ignore[no-untyped-call]
                name=name, type=kind, schema=schema, object=name
            )
        )
