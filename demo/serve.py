"""`make serve`: every service of the project, left running until Ctrl-C.

What they keep is in the run folder (EAGLET_RUN_DIR, by default `.run` in the checkout), and is
there again at the next start. The ports are 8001 to 8004, or others where those are in use. With
CELERY_BROKER_URL set, tasks go through the broker there.
"""

import fcntl
import json
import os
import secrets
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from demo.called_service import access_token, kept_credentials
from demo.caller import Caller
from demo.narration import Narrator
from demo.points_services import PointsServices, start_points_services
from demo.processes import Processes, ProcessFailed, leave_by_exception
from demo.roles import PROJECT_DIR, CommandFailed, Role, hermes_role

APP = "hermes"
LOGIN = "admin"
PORTS = {"api": 8001, "hermes": 8002, "member": 8003, "template_message": 8004}


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
    narrator.line(f"Starting {', '.join(PORTS)}, a worker and a relay; logs are in {folder}.")
    broker_url = os.environ.get("CELERY_BROKER_URL")
    service_role = Role("api", folder, port=PORTS["api"])
    service_role.migrate()
    credentials = kept_credentials(service_role, APP, folder / f"{APP}.credentials")
    service = service_role.serve(processes)
    caller_role = hermes_role(folder, service.url, credentials, PORTS["hermes"])
    caller_role.migrate()
    hermes = caller_role.serve(processes)
    with Caller() as caller:
        token = access_token(caller, service, credentials)
        points = start_points_services(
            folder,
            processes,
            caller,
            {"CELERY_BROKER_URL": broker_url} if broker_url else {},
            (PORTS["member"], PORTS["template_message"]),
        )
    for port, server in zip(
        PORTS.values(),
        (service, hermes, points.member.server, points.template_message.server),
        strict=True,
    ):
        if not server.url.endswith(f":{port}"):
            narrator.line(f"Port {port} is in use: {server.process.name} is at {server.url}.")
    password = _login(service_role, points.member.role, points.template_message.role)
    narrator.line(f"""
admin      {service.url}/admin/
           {points.member.server.url}/admin/            (members, and the outbox)
           {points.template_message.server.url}/admin/  (messages, and results)
           login {LOGIN}, password {password}   (made anew at every start)
console    {service.url}/console/        (the resources, to read about and to call)
resources  {service.url}/demo/greeting/?name=eaglet
           {service.url}/demo/data/?id=7    (asks for an access token)
hermes     {hermes.url}/hermes/relay/?id=7  (calls demo.data with a token of its own)
health     {service.url}/healthz  {service.url}/readyz

With a token, which is good for two hours:

  curl -H 'Authorization: Bearer {token}' '{service.url}/demo/data/?id=7&name=eaglet'

{_points_lines(points)}

Logs are in {folder}. Ctrl-C stops all of it.""")


def _points_lines(points: PointsServices) -> str:
    """How to change a member's points, and to see the messages that follow."""
    change = {"member_id": points.member_id, "increase_integral": 100, "event_type": "每日签到"}
    member, template_message = points.member, points.template_message
    return f"""A change of points, and the messages that another service's worker makes of them:

  curl -X PUT -H 'Authorization: Bearer {member.token}' \\
    -H 'Content-Type: application/json' -d '{json.dumps(change, ensure_ascii=False)}' \\
    '{member.url("member.points")}'
  curl -H 'Authorization: Bearer {template_message.token}' \\
    '{template_message.url("template_message.message")}'"""


def _lock(folder: Path, stack: ExitStack) -> None:
    lock = stack.enter_context((folder / "serve.lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyServing(
            f"Another process serves from {folder}; EAGLET_RUN_DIR names another folder."
        ) from None


def _login(*roles: Role) -> str:
    """Make a superuser of each role, or give it a new password; the password."""
    password = secrets.token_urlsafe(12)
    for role in roles:
        role.manage("demo_login", LOGIN, DEMO_PASSWORD=password)
    return password


def _wait(processes: Processes) -> None:
    """Until Ctrl-C; ProcessFailed if a process ends by itself."""
    while True:
        for process in processes.running:
            process.check_running()
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
