"""`manage.py compare_api`, which both sides of a call bring."""

from eaglet.contracts.commands import CompareApi as Command

__all__ = ["Command"]
