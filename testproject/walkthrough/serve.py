"""`make serve`: the service and hermes, left running until Ctrl-C.

What they keep is in the run folder (EAGLET_RUN_DIR, by default `.run` in the checkout), and is
there again at the next start.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from testproject.walkthrough.caller import Caller
from testproject.walkthrough.narration import Narrator
from testproject.walkthrough.processes import Processes, ProcessFailed, leave_by_exception
from testproject.walkthrough.roles import (
    PROJECT_DIR,
    CommandFailed,
    Credentials,
    Role,
    Server,
    hermes_role,
)

APP = "hermes"
LOGIN = "admin"


class AlreadyServing(Exception):
    """Another process serves from the run folder."""


def main() -> int:
    """Serve until Ctrl-C."""
    leave_by_exception()
    narrator = Narrator()
    folder = Path(os.environ.get("EAGLET_RUN_DIR") or PROJECT_DIR / ".run").resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with ExitStack() as stack:
            _lock(folder, stack)
            processes = stack.enter_context(Processes(folder))
            _start(folder, narrator, processes)
            _wait(processes)
    except (AlreadyServing, CommandFailed, ProcessFailed) as error:
        narrator.line(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        narrator.line("\nStopped; nothing is left running.")
    return 0


def _start(folder: Path, narrator: Narrator, processes: Processes) -> None:
    service_role = Role("api", folder)
    service_role.migrate()
    password = _login(service_role)
    credentials = _credentials(service_role, folder / "hermes.credentials")
    service = service_role.serve(processes)
    caller_role = hermes_role(folder, service.url, credentials)
    caller_role.migrate()
    hermes = caller_role.serve(processes)
    token = _token(service, credentials)
    narrator.line(f"""
admin      {service.url}/admin/
           login {LOGIN}, password {password}   (made anew at every start)
resources  {service.url}/demo/greeting/?name=eaglet
           {service.url}/demo/data/?id=7    (asks for an access token)
hermes     {hermes.url}/hermes/relay/?id=7  (calls demo.data with a token of its own)
health     {service.url}/healthz  {service.url}/readyz

With a token, which is good for two hours:

  curl -H 'Authorization: Bearer {token}' '{service.url}/demo/data/?id=7&name=eaglet'

Logs are in {folder}. Ctrl-C stops both.""")


def _lock(folder: Path, stack: ExitStack) -> None:
    lock = stack.enter_context((folder / "serve.lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyServing(
            f"Another process serves from {folder}; EAGLET_RUN_DIR names another folder."
        ) from None


def _login(service_role: Role) -> str:
    """Make the superuser, or give it a new password; the password."""
    password = secrets.token_urlsafe(12)
    service_role.manage("demo_login", LOGIN, DEMO_PASSWORD=password)
    return password


def _credentials(service_role: Role, file: Path) -> Credentials:
    """The key and secret of hermes: kept in a file, as the service shows a secret only once."""
    if file.exists():
        kept = json.loads(file.read_text())
        return Credentials(kept["app_key"], kept["app_secret"])
    made = service_role.create_app(APP)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        json.dump({"app_key": made.app_key, "app_secret": made.app_secret}, opened)
    return made


def _token(service: Server, credentials: Credentials) -> str:
    with Caller() as caller:
        answer = caller.post(
            f"{service.url}/auth/access_token/",
            {"app_key": credentials.app_key, "app_secret": credentials.app_secret},
        )
    if answer.status_code != 200:
        raise CommandFailed(
            f"hermes gets no access token (HTTP {answer.status_code}): was its app changed in the "
            "admin? `make clean` starts anew."
        )
    token: str = answer.json()["data"]["access_token"]
    return token


def _wait(processes: Processes) -> None:
    """Until Ctrl-C; ProcessFailed if a process ends by itself."""
    while True:
        for process in processes.running:
            process.check_running()
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
