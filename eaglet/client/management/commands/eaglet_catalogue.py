"""`manage.py eaglet_catalogue`, which both sides of a call bring."""

from eaglet.contracts.commands import Catalogue as Command

__all__ = ["Command"]
