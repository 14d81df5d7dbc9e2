"""The documented import path of the decorators of resource methods."""

from eaglet.api.security.decorator import access_token_required, public
from eaglet.params import param_required

__all__ = ["access_token_required", "param_required", "public"]
