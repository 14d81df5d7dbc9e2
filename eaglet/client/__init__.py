"""Calling other services.

    resp = Resource.use("card").post({"resource": "card.trade", "data": {"a": 1}})

Importing this, or calling `Resource.configure()`, reads no Django setting.
"""

from eaglet.client.resource import Resource
from eaglet.exceptions import (
    CircuitOpen,
    EagletError,
    InvalidEnvelope,
    InvalidRequest,
    RequestError,
    ResourceError,
    ServiceTimeout,
    ServiceUnavailable,
    TokenUnavailable,
)

__all__ = [
    "CircuitOpen",
    "EagletError",
    "InvalidEnvelope",
    "InvalidRequest",
    "RequestError",
    "Resource",
    "ResourceError",
    "ServiceTimeout",
    "ServiceUnavailable",
    "TokenUnavailable",
]
