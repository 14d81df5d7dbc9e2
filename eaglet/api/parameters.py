"""What a caller may pass to a method of a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eaglet.params import Param

if TYPE_CHECKING:
    from eaglet.api.plan import Method, Plan


def passed_by_caller(plan: Plan, method: Method) -> tuple[Param, ...]:
    """The declared parameters, without what context providers put there themselves."""
    provided = {name for provider in plan.providers for name in provider.provides}
    return tuple(param for param in method.params if param.name not in provided)
