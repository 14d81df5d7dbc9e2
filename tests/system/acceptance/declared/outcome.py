"""One resource for each way in which a call can end; the service of the tests answers them."""

import datetime
from decimal import Decimal

from django.http import HttpResponse
from rest_framework.throttling import SimpleRateThrottle

from eaglet.api import ApiError, ApiResource, access_token_required, param_required

RETURNED = {
    "dict": {"name": "鹰"},
    "int": 7,
    "none": None,
    "types": {
        "datetime": datetime.datetime(2026, 11, 23, 4, 30, tzinfo=datetime.UTC),
        "date": datetime.date(2026, 11, 23),
        "decimal": Decimal("1.50"),
    },
    "code": (404, "no such member"),
}


class OutcomeResource(ApiResource):
    abstract = True
    app = "outcome"


class AReturned(OutcomeResource):
    resource = "returned"

    @param_required(["which"])
    def get(args):
        return RETURNED[args["which"]]


class ARefused(OutcomeResource):
    resource = "refused"

    def get(args):
        raise ApiError("not enough points", code=1001, data={"left": 0})


class AListed(OutcomeResource):
    resource = "listed"

    @param_required(["ids:list"])
    def get(args):
        return args["ids"]

    @param_required(["ids:list"])
    def post(args):
        return args["ids"]


class ATyped(OutcomeResource):
    resource = "typed"

    @param_required(["id:int", "on:date", "?flag:bool"])
    def get(args):
        return args

    @param_required(["id:int"])
    def post(args):
        return args

    @param_required(["id:int"])
    def put(args):
        return {"put": args}

    @param_required(["id:int"])
    def delete(args):
        return {"deleted": args["id"]}


class AGuarded(OutcomeResource):
    resource = "guarded"

    @access_token_required()
    def get(args):
        return {"app": args.auth.app.name, "args": args}

    @access_token_required()
    def delete(args):
        return "deleted"


class ARaised(OutcomeResource):
    resource = "raised"

    def get(args):
        raise RuntimeError("the inside of the service")


class APassedOn(OutcomeResource):
    resource = "passed_on"

    def get(args):
        return HttpResponse("a,b\n", content_type="text/csv", status=202)


class OncePerDay(SimpleRateThrottle):
    rate = "1/day"

    def get_cache_key(self, request, view):
        return "acceptance-once-per-day"


class AThrottled(OutcomeResource):
    resource = "throttled"
    throttle_classes = [OncePerDay]

    def get(args):
        return "once"
