"""A service that runs, and what it takes to call it."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.caller import Caller
from demo.processes import Processes
from demo.roles import CommandFailed, Credentials, Role, Server


@dataclass
class CalledService:
    """A role, its server, and an access token for it."""

    role: Role
    server: Server
    token: str = field(repr=False)

    def url(self, resource: str) -> str:
        """The URL of a resource: `a.b` at `/a/b/`."""
        return f"{self.server.url}/{resource.replace('.', '/')}/"

    def get(self, caller: Caller, resource: str, **params: Any) -> Any:
        """The data of a resource; CommandFailed for any answer but code 200."""
        answer = caller.get(self.url(resource), token=self.token, **params)
        envelope = answer.json()
        if envelope["code"] != 200:
            raise CommandFailed(f"{self.role.name}: {resource} answers {envelope['errMsg']!r}")
        return envelope["data"]


def start_service(role: Role, app: str, processes: Processes, caller: Caller) -> CalledService:
    """Start a role's server, with an app of that name registered at it."""
    role.migrate()
    credentials = kept_credentials(role, app, role.run_dir / f"{role.name}.{app}.credentials")
    server = role.serve(processes)
    return CalledService(role, server, access_token(caller, server, credentials))


def kept_credentials(role: Role, app: str, file: Path) -> Credentials:
    """An app's key and secret: kept in a file, as a service shows a secret only once."""
    if file.exists():
        kept = json.loads(file.read_text())
        return Credentials(kept["app_key"], kept["app_secret"])
    made = role.create_app(app)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        json.dump({"app_key": made.app_key, "app_secret": made.app_secret}, opened)
    return made


def access_token(caller: Caller, server: Server, credentials: Credentials) -> str:
    """An access token for an app. Raises CommandFailed."""
    answer = caller.post(
        f"{server.url}/auth/access_token/",
        {"app_key": credentials.app_key, "app_secret": credentials.app_secret},
    )
    if answer.status_code != 200:
        raise CommandFailed(
            f"No access token is to be had (HTTP {answer.status_code}): was the app changed in "
            "the admin? `make clean` starts anew."
        )
    token: str = answer.json()["data"]["access_token"]
    return token
