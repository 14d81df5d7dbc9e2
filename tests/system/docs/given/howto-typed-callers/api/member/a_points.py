from eaglet.api import ApiResource, param_required


class APoints(ApiResource):
    app = "member"
    resource = "points"

    @param_required(["member_id:int"])
    def get(args):
        return dict(args)
