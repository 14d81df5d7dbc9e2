"""What the member service answers."""

import datetime
from typing import TypedDict

from django.db.models import F

from eaglet.api import ApiError, ApiResource, access_token_required, param_required, raises
from eaglet.core.utils.send_task import send_task
from testproject.member_service.events import POINTS_CHANGED
from testproject.member_service.models import Member, PointsChange

TEMPLATE_MESSAGE = (
    "services.template_message_integral_service.tasks.service_tempate_message_integral"
)
MOST_AT_ONCE = 1_000_000


class NoSuchMember(ApiError):
    """there is no such member"""

    code = 1001


class NotEnoughPoints(ApiError):
    """not enough points"""

    code = 1002


class TooManyPoints(ApiError):
    """too many points at once"""

    code = 1003


class Points(TypedDict):
    """The points of a member."""

    member_id: int
    nick_name: str
    integral: int


class Change(TypedDict):
    """A change of a member's points, and the task that tells the member of it."""

    event_type: str
    increase_integral: int
    current_integral: int
    task_id: str


class ChangedPoints(Change):
    """A change, and whose it is."""

    member_id: int
    nick_name: str


class EarlierChange(Change):
    """A change, and when it was."""

    changed_at: datetime.datetime


class APoints(ApiResource):
    """The points of a member."""

    app = "member"
    resource = "points"

    @param_required(["member_id:int"])
    @access_token_required()
    @raises(NoSuchMember)
    def get(args) -> Points:
        member = Member.objects.filter(pk=args["member_id"]).first()
        if member is None:
            raise NoSuchMember
        return {
            "member_id": member.pk,
            "nick_name": member.nick_name,
            "integral": member.integral,
        }

    @param_required(["member_id:int", "increase_integral:int", "event_type:str"])
    @access_token_required()
    @raises(NoSuchMember, NotEnoughPoints, TooManyPoints)
    def put(args) -> ChangedPoints:
        """Change the points, and have the member told: both, or neither."""
        increase = args["increase_integral"]
        if abs(increase) > MOST_AT_ONCE:
            raise TooManyPoints
        members = Member.objects.filter(pk=args["member_id"])
        if not members.update(integral=F("integral") + increase):
            raise NoSuchMember
        # Since the update the row is this transaction's alone.
        member = members.get()
        integral_log = {
            "member_id": member.pk,
            "nick_name": member.nick_name,
            "event_type": args["event_type"],
            "increase_integral": increase,
            "current_integral": member.integral,
        }
        task_id = send_task(TEMPLATE_MESSAGE, integral_log)
        POINTS_CHANGED.publish({"member_id": member.pk, "current_integral": member.integral})
        PointsChange.objects.create(
            member=member,
            event_type=args["event_type"],
            increase_integral=increase,
            current_integral=member.integral,
            task_id=task_id,
        )
        if member.integral < 0:
            # All of the above goes with the transaction.
            raise NotEnoughPoints
        return {**integral_log, "task_id": task_id}


class APointsChange(ApiResource):
    """The latest changes of a member's points, the last one first."""

    app = "member"
    resource = "points_change"

    @param_required(["member_id:int"])
    @access_token_required()
    def get(args) -> list[EarlierChange]:
        # Not by member_id: that of a number no column can hold is a fault of the database.
        members = Member.objects.filter(pk=args["member_id"])
        changes = PointsChange.objects.filter(member__in=members).order_by("-pk")
        return changes.values(
            "event_type", "increase_integral", "current_integral", "task_id", "changed_at"
        )[:100]
