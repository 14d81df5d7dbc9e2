"""The tasks that the template message service takes."""

from celery import current_task

from eaglet.api import param_required
from eaglet.client import Resource
from eaglet.tasks import cached_until, task
from testproject.template_message_service.models import TemplateMessage

SHOWN = ("member_id", "nick_name", "event_type", "increase_integral", "current_integral")


@task("services.template_message_integral_service.tasks.service_tempate_message_integral")
@param_required(
    [
        "member_id:int",
        "nick_name:str",
        "event_type:str",
        "increase_integral:int",
        "current_integral:int",
    ]
)
def service_tempate_message_integral(integral_log):
    """Keep the message that the member would get; a task that comes again changes nothing."""
    told = {name: integral_log[name] for name in SHOWN}
    message, _made = TemplateMessage.objects.get_or_create(
        task_id=current_task.request.id, defaults={**told, "text": text(told)}
    )
    return {"message_id": message.pk}


@cached_until("points.changed", key="member_id")
def points_of(member_id):
    """Return a member's points as the member service has them, and as long as it has those."""
    query = {"resource": "member.points", "data": {"member_id": member_id}}
    return Resource.use("member", raise_errors=True).get(query)["data"]["integral"]


def text(told):
    """What the member reads."""
    increase = told["increase_integral"]
    return (
        f"{told['nick_name']}，您好！{told['event_type']}，"
        f"积分{'增加' if increase >= 0 else '减少'}{abs(increase)}，"
        f"当前积分{told['current_integral']}。"
    )
