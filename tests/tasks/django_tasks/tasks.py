from django.contrib.auth.models import Group

from eaglet.tasks.django_tasks.api import task

ran = []


@task
def double(n):
    ran.append(n)
    return {"n": 2 * n}


@task(priority=5, queue_name="other")
def fail(text):
    raise LookupError(text)


@task(takes_context=True)
def fail_at_first(context, name):
    ran.append((context.attempt, [error.exception_class for error in context.task_result.errors]))
    if context.attempt == 1:
        raise KeyError(name)
    return name


@task
def odd(name):
    cycle = []
    cycle.append(cycle)
    # Python writes no number of more than 4,300 digits.
    return {"set": {name}, "number": 10**5000, "cycle": cycle}[name]


@task
async def later(value):
    return value


@task(backend="once")
def make_group(name):
    Group.objects.create(name=name)
    ran.append(name)
    return name


def _hidden():
    ran.append("hidden")


hidden = task(_hidden)


def plain():
    ran.append("plain")


def __getattr__(name):
    ran.append(name)
    raise AttributeError(name)
