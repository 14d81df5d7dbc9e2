"""The documented import path of `ApiResource`."""

from eaglet.api.resource import ApiResource

__all__ = ["ApiResource"]
