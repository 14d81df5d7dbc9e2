from eaglet.api import ApiResource, access_token_required


class AGuarded(ApiResource):
    """A resource that only apps with a token may call."""

    app = "auth_tests"
    resource = "guarded"

    @access_token_required()
    def get(args):
        return {"app": args.auth.app.name}

    @access_token_required()
    def post(args):
        return {"app": args.auth.app.name}
