"""The documented import path of `Resource`."""

from eaglet.client import Resource

__all__ = ["Resource"]
