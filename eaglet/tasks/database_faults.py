"""What a database that has gone away raises."""

from __future__ import annotations

from typing import Final

from django.db import DatabaseError, InterfaceError

DATABASE_FAULTS: Final = (DatabaseError, InterfaceError)
"""The latter is no kind of the former, and what some drivers raise."""
