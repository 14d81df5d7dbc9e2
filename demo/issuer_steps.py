"""The step in which one service issues the tokens for two others."""

from dataclasses import dataclass
from typing import Any

from demo.caller import Caller
from demo.narration import Narrator
from demo.points_services import PointsServices
from demo.roles import Role, Server
from demo.steps import StepFailed, expect

AUDIENCES = {name: f"https://{name}.example.com" for name in ("member", "template_message")}
"""Whom the service of the first steps issues for, and what each is called there."""
APP = "shop"


def accepting(name: str, issuer: Server) -> dict[str, str]:
    """What a service is told, so that it takes its own tokens and the issuer's."""
    return {
        "EAGLET_ISSUER": issuer.url,
        "EAGLET_AUDIENCE": AUDIENCES[name],
        "EAGLET_TOKEN_VERIFIERS": "database,jwt",
    }


@dataclass
class IssuerScene:
    """What the step works with."""

    narrator: Narrator
    caller: Caller
    role: Role
    issuer: Server
    services: PointsServices

    def token(self, name: str, credentials: dict[str, str]) -> str:
        """Ask for a token for a service."""
        form = {"grant_type": "client_credentials", "resource": AUDIENCES[name], **credentials}
        answer = self.caller.post(f"{self.issuer.url}/oauth/token/", form)
        if answer.status_code != 200:
            raise StepFailed(f"the issuer gives no token for {name}: HTTP {answer.status_code}")
        token = self.narrator.hide(answer.json()["access_token"])
        self.narrator.call(answer)
        return token


def one_key_for_all(scene: IssuerScene) -> None:
    """One key is good at several services, for what is granted at each, and nothing else."""
    narrator, member, message = (
        scene.narrator,
        scene.services.member,
        scene.services.template_message,
    )
    narrator.step("The first service issues tokens for two others: one key for all")
    grants = ("member=member.points:get", "template_message=template_message.message:get")
    narrator.say("$ manage.py rotate_signing_key")
    scene.role.manage("rotate_signing_key")
    narrator.say(f"$ manage.py create_app {APP} --at {grants[0]} --at {grants[1]}")
    key = scene.role.create_app(APP, *(part for grant in grants for part in ("--at", grant)))
    narrator.hide(key.app_secret)
    credentials = {"client_id": key.app_key, "client_secret": key.app_secret}

    points = {"member_id": scene.services.member_id}
    for name, url, wanted in (
        ("member", member.url("member.points"), points),
        ("template_message", message.url("template_message.message"), {}),
    ):
        token = scene.token(name, credentials)
        answer = scene.caller.get(url, token=token, **wanted)
        narrator.call(answer)
        expect(answer, status=200, code=200)
    narrator.passed("each takes the token that was issued for it, by the issuer's public key")

    answer = scene.caller.get(member.url("member.points"), token=token, **points)
    narrator.call(answer)
    expect(answer, status=401, code=401)
    change: dict[str, Any] = {**points, "increase_integral": 1, "event_type": "…"}
    token = scene.token("member", credentials)
    answer = scene.caller.put(member.url("member.points"), change, token=token)
    narrator.call(answer)
    expect(answer, status=403, code=403)
    narrator.passed("a token for the one is none at the other, and what is not granted is refused")
