"""`manage.py eaglet_doctor`, which every app of eaglet brings: any may be installed alone."""

from eaglet.doctor import Command

__all__ = ["Command"]
