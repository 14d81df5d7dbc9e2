"""The steps of the demonstration; each makes calls, prints them and checks what came."""

from dataclasses import dataclass, field
from typing import Any

import requests

from demo.caller import Caller
from demo.narration import Narrator
from demo.roles import Credentials, Role, Server

APP = "hermes"
"""The name hermes is registered under at the service."""
CALLS = 100


class StepFailed(Exception):
    """Something was not as it must be."""


@dataclass
class Scene:
    """What the steps work with."""

    narrator: Narrator
    caller: Caller
    service_role: Role
    issuer_role: Role
    service: Server
    hermes: Server
    credentials: Credentials
    token: str = field(default="", repr=False)

    @property
    def data_url(self) -> str:
        """The guarded resource."""
        return f"{self.service.url}/demo/data/"

    @property
    def relay_url(self) -> str:
        """The resource of hermes that calls the guarded one."""
        return f"{self.hermes.url}/hermes/relay/"


def refused_without_a_token(scene: Scene) -> None:
    """A guarded resource asks who is calling."""
    scene.narrator.step("Without an access token, demo.data is refused")
    answer = scene.caller.get(scene.data_url, id=7)
    scene.narrator.call(answer)
    expect(answer, status=401, code=401)
    scheme = answer.headers.get("WWW-Authenticate", "")
    if not scheme.startswith("Bearer"):
        raise StepFailed(f"the 401 asks for {scheme!r}, not for Bearer")
    scene.narrator.passed(f"401, and it says how to authenticate: {scheme}")


def answered_with_a_token(scene: Scene) -> None:
    """An app key and secret buy an access token, and with that the answer comes."""
    scene.narrator.step("The app key and secret are exchanged for an access token")
    answer = scene.caller.post(
        f"{scene.service.url}/auth/access_token/",
        {"app_key": scene.credentials.app_key, "app_secret": scene.credentials.app_secret},
    )
    if answer.status_code == 200:
        scene.token = scene.narrator.hide(answer.json()["data"]["access_token"])
    scene.narrator.call(answer)
    data = expect(answer, status=200, code=200)
    scene.narrator.passed(f"a token, good for {data['expires_in']} seconds")

    scene.narrator.step("With it, demo.data is answered")
    answer = scene.caller.get(scene.data_url, token=scene.token, id=7, name="eaglet")
    scene.narrator.call(answer)
    expect(answer, status=200, code=200, data={"args": {"id": 7, "name": "eaglet"}})
    scene.narrator.passed("the handler got id as an int, as param_required declares it")


def wrong_parameter_named(scene: Scene) -> None:
    """Every fault of a request is named at once."""
    scene.narrator.step("A wrong parameter is named")
    answer = scene.caller.get(scene.data_url, token=scene.token, id="seven")
    scene.narrator.call(answer)
    expect(answer, status=400, code=400)
    faults = answer.json().get("errors") or []
    if [fault.get("param") for fault in faults] != ["id"]:
        raise StepFailed(f"the answer names {faults!r}, not id")
    scene.narrator.passed(f"400; id: {faults[0]['reason']}")


def one_token_for_many_calls(scene: Scene) -> None:
    """A calling service asks for a token once, and keeps it."""
    scene.narrator.step(f"hermes calls demo.data {CALLS} times, and asks for one token")
    scene.narrator.say(
        "hermes is another process. For each call it gets, it calls "
        'Resource.use("demo").get({"resource": "demo.data", "data": …}); the tokens are counted '
        "in the service's own database."
    )
    before = scene.service_role.tokens_issued(APP)
    for number in range(CALLS):
        answer = scene.caller.get(scene.relay_url, id=number)
        if number == 0:
            scene.narrator.call(answer)
        expect(answer, status=200, code=200, data={"args": {"id": number}})
    asked = scene.service_role.tokens_issued(APP) - before
    if asked != 1:
        raise StepFailed(f"{CALLS} calls took {asked} tokens")
    scene.narrator.passed(f"{CALLS} calls answered, {asked} token request")


def revoked_and_renewed(scene: Scene) -> None:
    """A revoked token is refused at once; a client renews its own by itself."""
    scene.narrator.step("The service's operator revokes every token of hermes")
    before = scene.service_role.tokens_issued(APP)
    revoked = scene.service_role.revoke_tokens(APP)
    scene.narrator.passed(f"{revoked} tokens revoked, in the service's database")
    scene.narrator.say(
        "A service may go on accepting a token for EAGLET_TOKEN_CACHE_SECONDS after it was "
        "revoked elsewhere (5 by default); here that is 0, so it counts from the next call."
    )

    scene.narrator.step("The token of before is refused")
    answer = scene.caller.get(scene.data_url, token=scene.token, id=7)
    scene.narrator.call(answer)
    expect(answer, status=401, code=401)
    if 'error="invalid_token"' not in answer.headers.get("WWW-Authenticate", ""):
        raise StepFailed("the 401 does not say that the token was the reason")
    scene.narrator.passed("401: " + answer.headers["WWW-Authenticate"])

    scene.narrator.step("hermes, refused too, asks for another token and repeats the call")
    answer = scene.caller.get(scene.relay_url, id=7)
    scene.narrator.call(answer)
    expect(answer, status=200, code=200, data={"args": {"id": 7}})
    asked = scene.service_role.tokens_issued(APP) - before
    if asked != 1:
        raise StepFailed(f"renewing took {asked} tokens")
    scene.narrator.passed(f"its caller noticed nothing; {asked} further token request")


STEPS = (
    refused_without_a_token,
    answered_with_a_token,
    wrong_parameter_named,
    one_token_for_many_calls,
    revoked_and_renewed,
)


def expect(answer: requests.Response, *, status: int, code: int, data: Any = ...) -> Any:
    """The data of an answer; StepFailed if it is not the one expected."""
    try:
        envelope = answer.json()
    except ValueError:
        raise StepFailed(f"HTTP {answer.status_code}, and not an envelope") from None
    found = (answer.status_code, envelope.get("code"))
    if found != (status, code):
        raise StepFailed(
            f"HTTP {found[0]} with code {found[1]} in place of HTTP {status} with code {code}: "
            f"{envelope.get('errMsg')}"
        )
    if data is not ... and envelope["data"] != data:
        raise StepFailed(f"data is {envelope['data']!r} in place of {data!r}")
    return envelope["data"]
