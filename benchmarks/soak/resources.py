"""What the soaked service answers: an answer that is wrong can be told."""

from eaglet.api import ApiResource, access_token_required, param_required


class Double(ApiResource):
    """Twice a number."""

    app = "soak"
    resource = "double"

    @access_token_required()
    @param_required(["number:int"])
    def get(args):
        return {"number": args["number"], "double": 2 * args["number"]}

    @access_token_required()
    @param_required(["number:int"])
    def post(args):
        return {"number": args["number"], "double": 2 * args["number"]}
