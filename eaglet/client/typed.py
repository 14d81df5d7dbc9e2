"""Call services for the modules that `manage.py eaglet_client` writes."""

from collections.abc import Mapping
from typing import IO, Any, TypeAlias, cast

from eaglet.client.resource import Resource

Content: TypeAlias = bytes | IO[bytes]
File: TypeAlias = Content | tuple[str, Content] | tuple[str, Content, str]
"""A file to send: its content, or that with a name before it, and perhaps a media type behind."""


def call(
    service: str,
    verb: str,
    resource: str,
    data: Mapping[str, Any],
    *,
    files: Mapping[str, Any] | None = None,
    raises: bool | None = None,
) -> dict[str, Any] | None:
    """Call a resource of a service; gives and raises what the verb of `Resource` does.

    Args:
        service: its name, as in EAGLET_SERVICES.
        verb: `get`, `post`, `put`, `patch` or `delete`.
        resource: its name, as `a.b`.
        data: the parameters; those that are None are not sent.
        files: a file, or a list of files, by parameter; likewise.
        raises: whether failures are raised; None leaves it to the settings.
    """
    request = {"resource": resource, "data": _given(data), "files": _given(files or {})}
    method = getattr(Resource.use(service, raise_errors=raises), verb)
    return cast("dict[str, Any] | None", method(request))


def call_or_raise(
    service: str,
    verb: str,
    resource: str,
    data: Mapping[str, Any],
    *,
    files: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Call a resource as `call` does, and raise every failure, whatever the settings say."""
    return cast("dict[str, Any]", call(service, verb, resource, data, files=files, raises=True))


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
