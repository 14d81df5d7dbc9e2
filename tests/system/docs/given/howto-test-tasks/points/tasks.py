from eaglet.api import param_required
from eaglet.tasks import task
from points.models import Account


@task("services.points.tasks.changed", once=True)
@param_required(["member_id:int", "points:int"])
def changed(args):
    account = Account.objects.get(member_id=args["member_id"])
    account.points += args["points"]
    account.save()
    return {"points": account.points}
