import logging
import os
import signal
import time

from django.conf import settings
from django.contrib.auth.models import Group

from eaglet.params import param_required
from eaglet.tasks import current_event, on_event, send_task, task

logger = logging.getLogger("receiver")

PREFIX = settings.CELERY_TASK_DEFAULT_QUEUE


@task(f"{PREFIX}.note", once=True)
def note(args):
    Group.objects.create(name=args["name"])
    logger.warning("noted %s", args["name"])
    return args["name"]


@task(f"{PREFIX}.note_slowly", once=True)
def note_slowly(args):
    Group.objects.create(name=f"{args['name']} {Group.objects.count()}")
    time.sleep(args["seconds"])


@task(f"{PREFIX}.fail_until_mended", once=True)
def fail_until_mended(args):
    Group.objects.create(name=args["name"])
    if not Group.objects.filter(name="mended").exists():
        raise ValueError("not mended, password=hush-in-error")


@task(f"{PREFIX}.die")
def die(args):
    os.kill(os.getpid(), signal.SIGKILL)


@task(f"{PREFIX}.forward")
@param_required(["name"])
def forward(args):
    send_task(f"{PREFIX}.note", {"name": args["name"]})


@task(f"{PREFIX}.stall", once=True)
def stall(args):
    Group.objects.create(name="stalled")
    time.sleep(60)


@task(f"{PREFIX}.nap")
def nap(args):
    time.sleep(args["seconds"])


@on_event(f"{PREFIX}.changed", once=True)
def note_changed(args):
    Group.objects.create(name=f"{settings.EAGLET_SERVICE_NAME}: {args['name']}")


@on_event(f"{PREFIX}.*.failed")
@param_required(["name"])
def note_failure(args):
    if not Group.objects.filter(name="mended").exists():
        raise ValueError("not mended")
    Group.objects.create(name=f"{settings.EAGLET_SERVICE_NAME} {current_event()}: {args['name']}")
