"""Ways through the admin pages that several tests go."""

import re

from django.contrib.admin.models import LogEntry

APPS = "/admin/eaglet_auth/app/"
TOKENS = "/admin/eaglet_auth/accesstoken/"
CACHED = "/admin/eaglet_auth/cachedtoken/"
SHOWN = re.compile(r'APP_KEY = "(egk_[^"]+)"\s+APP_SECRET = "(egs_[^"]+)"')


def page(client, url, **data):
    return client.get(url, data, follow=True).content.decode()


def add_app(admin_client, **fields):
    return admin_client.post(f"{APPS}add/", {"name": "hermes", **fields})


def shown_in(answer):
    [(app_key, secret)] = SHOWN.findall(answer.content.decode())
    return app_key, secret


def history(record):
    return [entry.get_change_message() for entry in LogEntry.objects.filter(object_id=record.pk)]


def act(client, url, action, *records, confirmed=True, **more):
    """Choose an action in a list; answer its question with yes, if there is to be one."""
    data = {"action": action, "_selected_action": [record.pk for record in records], **more}
    if confirmed:
        data["confirmed"] = "yes"
    return client.post(url, data, follow=True)


def formset(prefix, *rows):
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows)}
    for number, row in enumerate(rows):
        data.update({f"{prefix}-{number}-{name}": value for name, value in row.items()})
    return data


def change_app(client, app, granted=("*",), **fields):
    """Save an app's form with grants ticked, and otherwise as it is."""
    secrets = [{"id": secret.pk, "app": app.pk} for secret in app.secrets.all()]
    data = {"name": app.name, "granted": list(granted), **formset("secrets", *secrets), **fields}
    return client.post(f"{APPS}{app.pk}/change/", data)
