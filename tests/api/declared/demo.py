from eaglet.api import ApiResource, param_required, public


class AData(ApiResource):
    """Demo data."""

    app = "demo"
    resource = "data"

    @public
    @param_required(["id:int", "?price:float"])
    def get(args):
        return {"args": args}
