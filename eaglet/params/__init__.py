"""Declare, check and convert the parameters of a function: `param_required` and its grammar.

It works on any function of one dict, in a request or out of it, and knows nothing of HTTP.
"""

from eaglet.encoding import RepeatedValues
from eaglet.params.checking import behind_check, check_params, declared_params, param_required
from eaglet.params.converters import CONVERTERS
from eaglet.params.declaration import NOTHING, Declared, Param, parse_declarations

__all__ = [
    "CONVERTERS",
    "NOTHING",
    "Declared",
    "Param",
    "RepeatedValues",
    "behind_check",
    "check_params",
    "declared_params",
    "param_required",
    "parse_declarations",
]
