"""The documented import path of `param_required`."""

from eaglet.params import param_required

__all__ = ["param_required"]
