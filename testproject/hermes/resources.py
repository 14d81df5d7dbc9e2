"""What hermes answers: it asks the demo service, and passes on what came."""

from eaglet.api import ApiError, ApiResource, public
from eaglet.client import Resource


class ARelay(ApiResource):
    """The data of the demo service, called with the parameters that came."""

    app = "hermes"
    resource = "relay"

    @public
    def get(args):
        resp = Resource.use("demo").get({"resource": "demo.data", "data": args})
        if resp and resp["code"] == 200:
            return resp["data"]
        raise ApiError("the demo service gave no answer; hermes' log says why")
