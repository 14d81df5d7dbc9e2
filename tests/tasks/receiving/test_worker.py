import sys
import uuid

import pytest
from celery import Celery
from celery.apps.worker import Worker
from celery.fixups.django import DjangoFixup
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

import eaglet.tasks
from eaglet.exceptions import InvalidTask
from eaglet.tasks import task
from eaglet.tasks.celery_config import make_app

# Where the tests run as root, as they do in a container.
pytestmark = [
    pytest.mark.filterwarnings("ignore::celery.exceptions.SecurityWarning"),
    pytest.mark.usefixtures("logging_as_it_was"),
]


def do_nothing(args):
    pass


def worker_of(app, **options):
    return Worker(app=app, quiet=True, loglevel="ERROR", pool="solo", **options)


def consumed(app):
    return sorted(app.amqp.queues.consume_from)


def plain_app(**conf):
    """An app as Celery's documentation has a Django project make it."""
    app = Celery("project", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(conf)
    return app


def test_a_declared_function_can_still_be_called(queue):
    @task(queue)
    def changed(args):
        return args["n"] + 1

    assert changed({"n": 1}) == 2
    assert changed.name == queue


def test_a_worker_listens_to_every_declared_queue_or_to_those_that_are_named(queue):
    other = f"服务.{queue}"
    task(queue)(do_nothing)
    task(other)(do_nothing)
    app = plain_app()
    worker_of(app)
    assert consumed(app) == sorted(["celery", queue, other])
    assert {queue, other} <= set(app.tasks)
    # As its senders declare it, whatever they are written with.
    mine, theirs = app.amqp.queues[queue], Celery("sender").amqp.queues[queue]
    assert (mine.name, mine.exchange.name, mine.exchange.type, mine.routing_key) == (
        (theirs.name, theirs.exchange.name, theirs.exchange.type, theirs.routing_key)
    )
    assert (mine.durable, mine.auto_delete) == (True, False)
    named = plain_app()
    worker_of(named, queues="other")
    assert consumed(named) == ["other"]


def test_a_queue_the_project_declares_itself_stays_as_it_is(queue, settings):
    settings.CELERY_TASK_QUEUES = [Queue(queue, queue_arguments={"x-max-priority": 5})]

    task(queue)(do_nothing)
    app = plain_app()
    worker_of(app)
    assert app.amqp.queues.consume_from[queue].queue_arguments == {"x-max-priority": 5}


def test_tasks_are_acknowledged_late_and_given_back_when_a_process_dies(queue):
    task(queue)(do_nothing)
    app = plain_app()
    declared = app.tasks[queue]
    assert declared.acks_late
    assert declared.reject_on_worker_lost
    assert not app.conf.task_acks_late, "the project's other tasks are its own business"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package on the path, made of what stands in its modules."""

    def make(**modules):
        name = f"package_{uuid.uuid4().hex}"
        (tmp_path / name).mkdir()
        for module, text in {"__init__": "", **modules}.items():
            (tmp_path / name / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        return name

    return make


def test_a_worker_finds_what_stands_in_the_modules_that_settings_name(queue, package, settings):
    declaring = "from eaglet.tasks import task\n\n@task({!r})\ndef take(args):\n    pass\n"
    name = package(one=declaring.format(f"{queue}.one"), two=declaring.format(f"{queue}.two"))
    settings.EAGLET_TASK_MODULES = [name]
    app = plain_app()
    worker_of(app)
    assert consumed(app) == sorted(["celery", f"{queue}.one", f"{queue}.two"])


def test_a_tasks_module_that_fails_keeps_the_worker_from_starting(package, settings):
    settings.EAGLET_TASK_MODULES = [package(points="1 / 0")]
    with pytest.raises(SystemExit, match="can't start: division by zero"):
        worker_of(plain_app())


def test_a_workers_connections_to_databases_outlive_its_tasks(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.settings")
    app = plain_app()
    worker_of(app)
    [fixup] = [fixup for fixup in app._fixups if isinstance(fixup, DjangoFixup)]
    assert fixup.worker_fixup.db_reuse_max == sys.maxsize


def test_what_the_project_sets_is_left_alone_but_for_pickle(settings):
    app = plain_app()
    worker_of(app)
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.result_backend == "django-db"
    settings.CELERY_ACCEPT_CONTENT = ["json", "pickle"]
    settings.CELERY_WORKER_PREFETCH_MULTIPLIER = 4
    settings.CELERY_RESULT_BACKEND = "cache+memory://"
    settings.CELERY_TASK_PUBLISH_RETRY = True
    app = plain_app()
    worker_of(app)
    assert app.conf.accept_content == ["json"]
    assert app.conf.worker_prefetch_multiplier == 4
    assert app.conf.result_backend == "cache+memory://"
    assert app.conf.task_publish_retry is True


def test_without_a_broker_of_the_projects_the_embedded_one_serves(settings, monkeypatch):
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    del settings.CELERY_BROKER_URL
    assert make_app("x", set_as_current=False).conf.broker_url == "eaglet://"


def test_the_environments_broker_counts_as_celery_has_it(monkeypatch):
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    conf = make_app("x", set_as_current=False).conf
    assert conf.broker_url == "redis://127.0.0.1:1/0"
    assert conf.broker_transport_options["visibility_timeout"] == 3600


@pytest.mark.parametrize(
    ("url", "option"),
    [
        ("amqp://localhost//", "confirm_publish"),
        ("pyamqp://localhost//", "confirm_publish"),
        ("redis://localhost/0", "unacked_restore_throttle"),
        ("rediss://localhost/0", "unacked_restore_throttle"),
        ("redis+socket:///run/redis.sock", "unacked_restore_throttle"),
        ("sentinel://localhost:26379", "unacked_restore_throttle"),
        (["amqp://one//", "amqp://two//"], "confirm_publish"),
    ],
)
def test_each_broker_gets_the_options_that_hold_under_the_projects_own(settings, url, option):
    settings.CELERY_BROKER_URL = url
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 7}
    options = make_app("x", set_as_current=False).conf.broker_transport_options
    assert option in options
    assert options["max_retries"] == 7


def test_two_functions_for_one_queue_are_an_error_that_names_both(queue):
    @task(queue)
    def first(args):
        pass

    with pytest.raises(ImproperlyConfigured, match=r"first and by .*second"):

        @task(queue)
        def second(args):
            pass


def test_a_forgotten_queue_name_is_an_error_that_says_so():
    with pytest.raises(ImproperlyConfigured, match="the queue's name"):
        task(lambda args: None)
    with pytest.raises(InvalidTask):
        task("amq.changed")


def test_the_exported_names_are_these():
    assert isinstance(eaglet.tasks.app, Celery)
    names = [
        *("app", "cached_until", "cancel_task", "captured_events", "captured_tasks"),
        *("current_event", "emits", "every", "on_event", "publish_event", "send_task"),
        *("sends", "task"),
    ]
    assert eaglet.tasks.__all__ == names
    assert all(getattr(eaglet.tasks, name) for name in eaglet.tasks.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        eaglet.tasks.nonsense  # noqa: B018
