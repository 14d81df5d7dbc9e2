"""What the service answers."""

from eaglet.api import ApiResource, access_token_required, param_required, public


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

    @public
    @param_required(["?name"])
    def get(args):
        return f"Hello, {args.get('name', 'world')}!"


class ATypes(ApiResource):
    """Every type that a parameter can have; the answer tells what became of each."""

    app = "demo"
    resource = "types"

    @public
    @param_required(
        [
            "number:int",
            "?text:str",
            "?ratio:float",
            "?flag:bool",
            "?anything:json",
            "?price:decimal",
            "?day:date",
            "?moment:datetime",
            "?tags:list",
            "?untyped",
        ]
    )
    def get(args):
        """Read the parameters of a query."""
        return {"args": args}

    post = put = delete = patch = get
