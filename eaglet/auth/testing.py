"""Help the tests of services whose resources require access tokens."""

from collections.abc import Iterable
from typing import Any

from django.test import Client

from eaglet.api.dispatch.plan import clear_compiled
from eaglet.api.shapes.checking import checked_answers
from eaglet.auth.grants import EVERYTHING
from eaglet.auth.models import App
from eaglet.auth.tokens.issuing import issue_access_token


class CheckingClient(Client):
    """A test client in whose calls an answer that is not of its declared shape is a fault."""

    def request(self, **request: Any) -> Any:
        """Make a call."""
        with checked_answers(clear_compiled):
            return super().request(**request)


def authorized_client(name: str = "tests", *, grants: Iterable[str] = (EVERYTHING,)) -> Client:
    """Return a test client that calls with a good access token, of an app made for it.

    The app stands in the test's database, under the name and with the grants given. An answer that
    is not of the shape its handler declares is a fault, code 531; where, `innerErrMsg` says.

        caller = authorized_client(grants=["demo.data:get"])
        assert caller.get("/demo/data/", {"id": 7}).status_code == 200
        assert caller.put("/demo/data/", {"id": 7}).status_code == 403
    """
    created = App.objects.create_app(name, grants=tuple(grants))
    token = issue_access_token(created.app.app_key, created.secret).token
    return CheckingClient(headers={"authorization": f"Bearer {token}"})
