"""Call services for the modules that `manage.py eaglet_client` writes."""

from collections.abc import Mapping
from typing import Any, cast

from eaglet.client.resource import Resource


def call(
    service: str, verb: str, resource: str, data: Mapping[str, Any], *, raises: bool | None = None
) -> dict[str, Any] | None:
    """Call a resource of a service; gives and raises what the verb of `Resource` does.

    Args:
        service: its name, as in EAGLET_SERVICES.
        verb: `get`, `post`, `put`, `patch` or `delete`.
        resource: its name, as `a.b`.
        data: the parameters; those that are None are not sent.
        raises: whether failures are raised; None leaves it to the settings.
    """
    given = {name: value for name, value in data.items() if value is not None}
    method = getattr(Resource.use(service, raise_errors=raises), verb)
    return cast("dict[str, Any] | None", method({"resource": resource, "data": given}))


def call_or_raise(
    service: str, verb: str, resource: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Call a resource as `call` does, and raise every failure, whatever the settings say."""
    return cast("dict[str, Any]", call(service, verb, resource, data, raises=True))
