from types import SimpleNamespace

import pytest
from points.models import Account

from eaglet.tasks import send_task


def add_points(member, points):
    send_task("services.points.tasks.changed", {"member_id": member.pk, "points": points})


@pytest.fixture
def member(db):
    Account.objects.create(member_id=7)
    return SimpleNamespace(pk=7)
