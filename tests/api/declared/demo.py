from eaglet.api import ApiResource, param_required


class AData(ApiResource):
    """Demo data."""

    app = "demo"
    resource = "data"

    @param_required(["id:int", "?price:float"])
    def get(args):
        return {"args": args}
