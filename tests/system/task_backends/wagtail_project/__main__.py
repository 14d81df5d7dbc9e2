"""Save and delete what Wagtail has tasks for, have a worker run them, and print what each came to.

Prints a line of JSON: for each task its path and status, and whether the deleted file is there.
"""

import io
import json
import os
import subprocess
import sys
import time

import django
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.db import transaction


def main():
    django.setup()
    call_command("migrate", verbosity=0)
    import PIL.Image  # noqa: PLC0415 - of Wagtail
    from wagtail.images import get_image_model  # noqa: PLC0415 - needs the apps
    from wagtail.models import Page  # noqa: PLC0415

    from eaglet.tasks.django_tasks.api import task_backends  # noqa: PLC0415

    backend = task_backends["default"]
    file = io.BytesIO()
    PIL.Image.new("RGB", (20, 20)).save(file, "PNG")
    with transaction.atomic():
        Page.objects.get(pk=1).add_child(title="积分", slug="points")
        transaction.set_rollback(True)
    assert not backend.results
    with transaction.atomic():
        Page.objects.get(pk=1).add_child(title="积分", slug="points")
        image = get_image_model().objects.create(
            title="a", file=ImageFile(file, "a.png"), width=20, height=20
        )
    path = image.file.path
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "eaglet.tasks", "worker", "--concurrency=1"]
    )
    try:
        wait(backend)
        image.delete()
        wait(backend)
    finally:
        worker.terminate()
        worker.wait()
    told = [[result.task.module_path, result.status] for result in backend.results]
    told = {"tasks": told, "is_there": os.path.exists(path)}
    sys.stdout.write(f"{json.dumps(told)}\n")


def wait(backend):
    until = time.monotonic() + 120
    while not all(result.is_finished for result in backend.results):
        assert time.monotonic() < until, backend.results
        time.sleep(0.2)


if __name__ == "__main__":
    main()
