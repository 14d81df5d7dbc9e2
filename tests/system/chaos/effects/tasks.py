from eaglet.tasks import task
from eaglet.tasks.django_tasks import api

from .models import Effect

REPEATABLE = "chaos.repeatable"
ONCE = "chaos.once"


@task(REPEATABLE)
def repeatable(args):
    Effect.objects.create(queue_name=REPEATABLE, number=args["number"])


@task(ONCE, once=True)
def once(args):
    Effect.objects.create(queue_name=ONCE, number=args["number"])


@api.task
def django_repeatable(number, key):
    Effect.objects.create(queue_name=REPEATABLE, number=number)


@api.task(backend="once")
def django_once(number, key):
    Effect.objects.create(queue_name=ONCE, number=number)


DJANGO = {REPEATABLE: django_repeatable, ONCE: django_once}


def order_key(task, args, kwargs):
    return kwargs["key"]
