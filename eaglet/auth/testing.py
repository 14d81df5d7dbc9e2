"""Help the tests of services whose resources require access tokens."""

from collections.abc import Iterable

from django.test import Client

from eaglet.auth.grants import EVERYTHING
from eaglet.auth.models import App
from eaglet.auth.tokens.issuing import issue_access_token


def authorized_client(name: str = "tests", *, grants: Iterable[str] = (EVERYTHING,)) -> Client:
    """Return a test client that calls with a good access token, of an app made for it.

    The app stands in the test's database, under the name and with the grants given.

        caller = authorized_client(grants=["demo.data:get"])
        assert caller.get("/demo/data/", {"id": 7}).status_code == 200
        assert caller.put("/demo/data/", {"id": 7}).status_code == 403
    """
    created = App.objects.create_app(name, grants=tuple(grants))
    token = issue_access_token(created.app.app_key, created.secret).token
    return Client(headers={"authorization": f"Bearer {token}"})
