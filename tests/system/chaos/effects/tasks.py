from eaglet.tasks import task

from .models import Effect

REPEATABLE = "chaos.repeatable"
ONCE = "chaos.once"


@task(REPEATABLE)
def repeatable(args):
    Effect.objects.create(queue_name=REPEATABLE, number=args["number"])


@task(ONCE, once=True)
def once(args):
    Effect.objects.create(queue_name=ONCE, number=args["number"])
