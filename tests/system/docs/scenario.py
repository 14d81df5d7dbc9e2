"""What a page takes for granted, and which of its blocks are not run."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

COMMIT = (
    "git init --quiet && git add --all && "
    "git -c user.name=a -c user.email=a@example.com commit --quiet --message all"
)
OUTPUT = "what a command or a call prints, with what differs each time left out"


@dataclass(frozen=True)
class Scenario:
    """How one page is played.

    What it takes for granted stands in `given/<page>/`: files laid over the service's, but
    `settings.py`, which is added to its settings, and `before.py`, which is run before the first
    block of Python.
    """

    # What a reader puts in place of what the page shows: `…` of a token, a folder of one's own.
    instead: Mapping[str, str] = field(default_factory=dict)
    # What has other digits each time, as many, in what is shown as printed.
    differs: Sequence[str] = ()
    # Commands of a shell that were given before.
    prepared: str = ""
    # Blocks that can't be run, by their first line, and why; some are parsed all the same.
    not_run: Mapping[str, str] = field(default_factory=dict)
    # What its commands print, among other things, in this order.
    prints: Sequence[str] = ()
    # Whether the page begins with no service, as a newcomer does.
    from_nothing: bool = False
    # Whether it needs PostgreSQL, RabbitMQ and Redis.
    needs_servers: bool = False
    # Whether a server runs on port 8000 from before the first block of a shell.
    served: bool = False


PARKED = {
    "2f6f…": str(uuid.UUID(int=1)),
    "81c3…": str(uuid.UUID(int=2)),
}
SERVERS = {
    "CREATE USER member_service PASSWORD 'PASSWORD';": "done where the test's server is made",
    "rabbitmqctl add_vhost shop": "done where the test's RabbitMQ is made",
}
ELSEWHERE = {
    'app.conf.task_queues = [kombu.Queue("services.points.tasks.changed", no_declare=True)]': (
        "for code that has no eaglet"
    ),
}
USED = (
    "python manage.py shell -c 'from django.utils import timezone; "
    "from eaglet.auth.models import AppSecret; "
    "AppSecret.objects.update(last_used_at=timezone.now())'"
)

SCENARIOS: Mapping[str, Scenario] = {
    "benchmarks.md": Scenario(
        not_run={"python -m benchmarks.job_a 200        # job A alone": "takes minutes"}
    ),
    "howto/geser.md": Scenario(
        from_nothing=True,
        instead={
            # Its worker may be starting again, with the task that was just added.
            "python manage.py eaglet_doctor ": "until python manage.py eaglet_doctor; do :; done ",
            "geser update": f"{COMMIT} && geser update",
            "--force-reinstall …": "--force-reinstall eaglet",
        },
        prints=(
            " passed in ",
            "Written: ",
            "APP_KEY = ",
            "ok    service 'member'",
            "tasks.ordered: a worker takes its tasks",
        ),
    ),
    "howto/call-a-service.md": Scenario(
        instead={'INSTALLED_APPS += ["eaglet.client"]': "# It is installed there already."}
    ),
    "howto/django-tasks.md": Scenario(
        instead={'INSTALLED_APPS += ["eaglet.tasks", "orders"]': 'INSTALLED_APPS += ["orders"]'}
    ),
    "howto/deploy.md": Scenario(
        not_run={
            "server {": "nginx's, which is not here",
            "docker compose up --build": "needs images; tests/geser plays what compose.yaml says",
        }
    ),
    "howto/migrate-from-the-original.md": Scenario(from_nothing=True),
    "howto/mongodb.md": Scenario(
        not_run={
            "export EAGLET_MONGO_URL=mongodb://127.0.0.1:27017": (
                "needs a server of MongoDB's; tests/mongo runs the service"
            )
        }
    ),
    "howto/operate-tasks.md": Scenario(
        instead=PARKED,
        prepared="python park.py",
    ),
    "howto/paginate-and-throttle.md": Scenario(not_run={"HTTP/1.1 429 Too Many Requests": OUTPUT}),
    "howto/protect-a-resource.md": Scenario(
        served=True, instead={"https://card.example": "http://127.0.0.1:8000"}
    ),
    "howto/receive-tasks-once.md": Scenario(
        not_run={"CommandError: what is sent is not what is taken:": OUTPUT}
    ),
    "howto/rotate-a-key.md": Scenario(
        prepared=f"python manage.py create_app billing --everything; {USED}",
        differs=("5c1f09ab", "2026-11-25 09:14:02", "2026-11-26 09:20:00"),
        not_run={
            "eg[st]_[A-Za-z0-9_-]{43}": "a pattern for a scanner; tests/system/docs holds it to"
        },
    ),
    "howto/send-a-task.md": Scenario(instead=PARKED, prepared="python park.py"),
    "howto/rabbitmq-and-postgresql.md": Scenario(
        needs_servers=True,
        # The doctor looks for it on the other side.
        prepared="python manage.py create_app caller --everything",
        not_run={**SERVERS, **ELSEWHERE},
    ),
    "reference/task-backends.md": Scenario(
        not_run={
            "python -m eaglet.tasks.conformance    # beside its worker, under a supervisor": (
                "takes minutes; tests/system/task_backends runs it"
            )
        }
    ),
    "howto/trace-a-request.md": Scenario(instead={"/run/member_service": "$HOME/run"}),
    "tutorial.md": Scenario(
        from_nothing=True,
        # A reader's machine starts it sooner than one that is busy with tests.
        instead={"--retry 30": "--retry 300"},
        prints=(
            " passed in ",
            " passed in ",
            '{"status":"ok"}',
            '"code":401',
            '{"code":200,"data":{"name":"Ada","times":1}',
            '{"code":200,"data":{"id":7}',
            '{"code":200,"data":{"ordered_by":"Grace","times":1}',
            "Grace was greeted, 1 times by now",
            "a worker takes its tasks",
            '{"status":"ok"}{"status":"ok"}',
        ),
    ),
    "howto/typed-callers.md": Scenario(
        served=True,
        instead={"https://card.example.com": "http://127.0.0.1:8000"},
        prepared="python manage.py openapi --output openapi.json",
    ),
}
