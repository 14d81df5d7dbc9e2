from eaglet.api import ApiResource, param_required


class ATrade(ApiResource):
    app = "card"
    resource = "trade"

    @param_required(["a:int"])
    def post(args):
        return dict(args)
