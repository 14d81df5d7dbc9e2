from eaglet.tasks import task

from .models import Effect

REPEATABLE = "chaos.repeatable"


@task(REPEATABLE)
def repeatable(args):
    Effect.objects.create(queue_name=REPEATABLE, number=args["number"])
