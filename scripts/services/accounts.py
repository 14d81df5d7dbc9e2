"""The accounts that servers run under which refuse to run as root."""

from __future__ import annotations

import os
import pwd

NOBODY = "nobody"


def account_for(name: str) -> pwd.struct_passwd | None:
    """The account of that name, or that of nobody; None if this process is an ordinary user's."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return pwd.getpwnam(NOBODY)
