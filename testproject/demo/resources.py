"""What the service answers."""

from eaglet.api import ApiResource, access_token_required, param_required


class AData(ApiResource):
    """Demo data, for callers with an access token."""

    app = "demo"
    resource = "data"

    @param_required(["id:int", "?name"])
    @access_token_required()
    def get(args):
        return {"args": args}


class AGreeting(ApiResource):
    """A greeting, for everybody."""

    app = "demo"
    resource = "greeting"

    @param_required(["?name"])
    def get(args):
        return f"Hello, {args.get('name', 'world')}!"
