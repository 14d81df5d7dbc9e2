"""`make demo`: start the service and hermes, walk through what they do, and end them."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import requests

from testproject.walkthrough.caller import Caller
from testproject.walkthrough.narration import Narrator
from testproject.walkthrough.processes import Processes, ProcessFailed, leave_by_exception
from testproject.walkthrough.roles import CommandFailed, Role, hermes_role
from testproject.walkthrough.steps import APP, STEPS, Scene, StepFailed


def main() -> int:
    """Run the demonstration; 0 if everything was as it must be."""
    leave_by_exception()
    narrator = Narrator()
    try:
        with tempfile.TemporaryDirectory(prefix="eaglet-demo-") as folder:
            _walk_through(Path(folder), narrator)
    except (CommandFailed, ProcessFailed, StepFailed, requests.RequestException) as error:
        narrator.line(f"\nThe demonstration failed: {error}")
        return 1
    except KeyboardInterrupt:
        narrator.line("\nInterrupted; nothing is left running.")
        return 130
    narrator.line("\nDemonstration passed; nothing is left running.")
    return 0


def _walk_through(folder: Path, narrator: Narrator) -> None:
    with ExitStack() as stack:
        processes = stack.enter_context(Processes(folder))
        scene = _set_up(folder, narrator, processes, stack.enter_context(Caller()))
        try:
            for step in STEPS:
                step(scene)
        except Exception:
            for process in processes.running:
                narrator.line(f"\nThe log of {process.name} ends:\n{process.tail()}")
            raise


def _set_up(folder: Path, narrator: Narrator, processes: Processes, caller: Caller) -> Scene:
    narrator.step("Two services, each with a database of its own")
    service_role = Role("api", folder, {"EAGLET_TOKEN_CACHE_SECONDS": "0"})
    narrator.say("$ manage.py migrate")
    service_role.migrate()
    narrator.say(f"$ manage.py create_app {APP}")
    credentials = service_role.create_app(APP)
    narrator.hide(credentials.app_secret)
    narrator.say(f'APP_KEY = "{credentials.app_key}"')
    narrator.say(f'APP_SECRET = "{credentials.app_secret}"   (shown once, masked here)')
    service = service_role.serve(processes)
    narrator.passed(f"the service answers at {service.url}")

    caller_role = hermes_role(folder, service.url, credentials)
    caller_role.migrate()
    hermes = caller_role.serve(processes)
    narrator.passed(f"hermes, which has that key and secret in its settings, at {hermes.url}")
    return Scene(narrator, caller, service_role, service, hermes, credentials)


if __name__ == "__main__":
    sys.exit(main())
