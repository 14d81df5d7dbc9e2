"""`make demo`: start services, walk through what they do, and end them.

With CELERY_BROKER_URL set to an amqp:// or redis:// URL, tasks go through the broker there.
"""

import json
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import requests

from demo.brokers import Broker, BrokerServer, BrokerUnusable, broker_for
from demo.caller import Caller
from demo.issuer_steps import AUDIENCES, IssuerScene, accepting, one_key_for_all
from demo.narration import Narrator
from demo.outage_steps import (
    event_outlives_publisher_and_subscriber,
    waits_for_a_worker,
    waits_for_the_broker,
)
from demo.points_services import start_points_services
from demo.points_steps import (
    PointsScene,
    change_arrives_with_its_text,
    change_that_rolls_back_sends_nothing,
    every_change_has_one_message,
)
from demo.processes import Processes, ProcessFailed, leave_by_exception
from demo.roles import ITSELF, CommandFailed, Role, hermes_role
from demo.steps import APP, STEPS, Scene, StepFailed

POINTS_STEPS = (
    change_arrives_with_its_text,
    change_that_rolls_back_sends_nothing,
    waits_for_a_worker,
    waits_for_the_broker,
    event_outlives_publisher_and_subscriber,
    every_change_has_one_message,
)


def main() -> int:
    """Run the demonstration; 0 if everything was as it must be."""
    leave_by_exception()
    narrator = Narrator()
    try:
        with tempfile.TemporaryDirectory(prefix="eaglet-demo-") as folder:
            _walk_through(Path(folder), narrator)
    except (
        BrokerUnusable,
        CommandFailed,
        ProcessFailed,
        StepFailed,
        requests.RequestException,
    ) as error:
        narrator.line(f"\nThe demonstration failed: {error}")
        return 1
    except KeyboardInterrupt:
        narrator.line("\nInterrupted; nothing is left running.")
        return 130
    narrator.line("\nDemonstration passed; nothing is left running.")
    return 0


def _walk_through(folder: Path, narrator: Narrator) -> None:
    with ExitStack() as stack:
        broker = stack.enter_context(broker_for(os.environ.get("CELERY_BROKER_URL"), folder))
        if isinstance(broker, BrokerServer):
            narrator.hide(broker.password)
        processes = stack.enter_context(Processes(folder))
        caller = stack.enter_context(Caller())
        try:
            scene = _set_up(folder, narrator, processes, caller)
            for step in STEPS:
                step(scene)
            points_scene = _set_up_points(scene, folder, processes, broker)
            one_key_for_all(
                IssuerScene(
                    narrator, caller, scene.issuer_role, scene.service, points_scene.services
                )
            )
            for points_step in POINTS_STEPS:
                points_step(points_scene)
        except Exception:
            for process in processes.running:
                narrator.line(f"\nThe log of {process.name} ends:\n{process.tail()}")
            raise


def _set_up(folder: Path, narrator: Narrator, processes: Processes, caller: Caller) -> Scene:
    narrator.step("Two services, each with a database of its own")
    service_role = Role("api", folder, {"EAGLET_TOKEN_CACHE_SECONDS": "0"})
    narrator.say("$ manage.py migrate")
    service_role.migrate()
    narrator.say(f"$ manage.py create_app {APP} --everything")
    credentials = service_role.create_app(APP)
    narrator.hide(credentials.app_secret)
    narrator.say(f'APP_KEY = "{credentials.app_key}"')
    narrator.say(f'APP_SECRET = "{credentials.app_secret}"   (shown once, masked here)')
    issuing = {**service_role.variables, "EAGLET_AUDIENCES": json.dumps(AUDIENCES)}
    service = replace(service_role, variables={**issuing, "EAGLET_ISSUER": ITSELF}).serve(processes)
    issuer_role = replace(service_role, variables={**issuing, "EAGLET_ISSUER": service.url})
    narrator.passed(f"the service answers at {service.url}")

    caller_role = hermes_role(folder, service.url, credentials)
    caller_role.migrate()
    hermes = caller_role.serve(processes)
    narrator.passed(f"hermes, which has that key and secret in its settings, at {hermes.url}")
    return Scene(narrator, caller, service_role, issuer_role, service, hermes, credentials)


def _set_up_points(scene: Scene, folder: Path, processes: Processes, broker: Broker) -> PointsScene:
    narrator, caller = scene.narrator, scene.caller
    narrator.step("Two more services, and what carries tasks from one to the other")
    services = start_points_services(
        folder,
        processes,
        caller,
        broker.variables,
        more=lambda name: accepting(name, scene.service),
    )
    narrator.hide(services.member.token)
    narrator.hide(services.template_message.token)
    narrator.passed(f"the member service answers at {services.member.server.url}")
    narrator.say("$ manage.py relay_tasks   (publishes what could not be at once)")
    narrator.passed(f"the template message service, at {services.template_message.server.url}")
    narrator.say("$ celery -A testproject worker")
    narrator.passed(f"a worker of it takes what comes, by way of {broker.title}")
    return PointsScene(narrator, caller, services, broker)


if __name__ == "__main__":
    sys.exit(main())
