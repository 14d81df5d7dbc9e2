"""What the member service answers."""

from django.db.models import F

from eaglet.api import ApiError, ApiResource, access_token_required, param_required
from eaglet.core.utils.send_task import send_task
from testproject.member_service.models import Member, PointsChange

TEMPLATE_MESSAGE = (
    "services.template_message_integral_service.tasks.service_tempate_message_integral"
)
MOST_AT_ONCE = 1_000_000
NO_SUCH_MEMBER = 1001
NOT_ENOUGH_POINTS = 1002
TOO_MANY_POINTS = 1003


class APoints(ApiResource):
    """The points of a member."""

    app = "member"
    resource = "points"

    @param_required(["member_id:int"])
    @access_token_required()
    def get(args):
        member = Member.objects.filter(pk=args["member_id"]).first()
        if member is None:
            raise ApiError("there is no such member", code=NO_SUCH_MEMBER)
        return {
            "member_id": member.pk,
            "nick_name": member.nick_name,
            "integral": member.integral,
        }

    @param_required(["member_id:int", "increase_integral:int", "event_type:str"])
    @access_token_required()
    def put(args):
        """Change the points, and have the member told: both, or neither."""
        increase = args["increase_integral"]
        if abs(increase) > MOST_AT_ONCE:
            raise ApiError(f"at most {MOST_AT_ONCE} points at once", code=TOO_MANY_POINTS)
        members = Member.objects.filter(pk=args["member_id"])
        if not members.update(integral=F("integral") + increase):
            raise ApiError("there is no such member", code=NO_SUCH_MEMBER)
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
        PointsChange.objects.create(
            member=member,
            event_type=args["event_type"],
            increase_integral=increase,
            current_integral=member.integral,
            task_id=task_id,
        )
        if member.integral < 0:
            # All of the above goes with the transaction.
            raise ApiError("not enough points", code=NOT_ENOUGH_POINTS)
        return {**integral_log, "task_id": task_id}


class APointsChange(ApiResource):
    """The latest changes of a member's points, the last one first."""

    app = "member"
    resource = "points_change"

    @param_required(["member_id:int"])
    @access_token_required()
    def get(args):
        # Not by member_id: that of a number no column can hold is a fault of the database.
        members = Member.objects.filter(pk=args["member_id"])
        changes = PointsChange.objects.filter(member__in=members).order_by("-pk")
        return changes.values(
            "event_type", "increase_integral", "current_integral", "task_id", "changed_at"
        )[:100]
