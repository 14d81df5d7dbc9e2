from django.conf import settings

from eaglet.tasks import on_event, task
from eaglet.tasks.django_tasks import api

from .models import Effect

REPEATABLE = "chaos.repeatable"
ONCE = "chaos.once"
EVENT = "chaos.changed"
SUBSCRIBERS = ("card", "mail", "shop")
"""Services over one database; the last is away while events are published."""


@task(REPEATABLE)
def repeatable(args):
    Effect.objects.create(queue_name=REPEATABLE, number=args["number"])


@task(ONCE, once=True)
def once(args):
    Effect.objects.create(queue_name=ONCE, number=args["number"])


@on_event("chaos.*", once=True)
def take_event(args):
    Effect.objects.create(queue_name=settings.EAGLET_SERVICE_NAME, number=args["number"])


@api.task
def django_repeatable(number, key):
    Effect.objects.create(queue_name=REPEATABLE, number=number)


@api.task(backend="once")
def django_once(number, key):
    Effect.objects.create(queue_name=ONCE, number=number)


DJANGO = {REPEATABLE: django_repeatable, ONCE: django_once}


def order_key(task, args, kwargs):
    return kwargs["key"]
