"""Thirty services that call each other, by one key each."""

import random

import pytest
from django.test import override_settings

from eaglet.api import ApiResource, access_token_required
from eaglet.auth.models import App, AudienceGrant

NAMES = [f"service{number:02}" for number in range(30)]


def uri(name):
    return f"https://{name}.example"


@pytest.fixture
def services(issuer, declare, settings, make_app):
    """Each service's app, and what it may call: some verb of a third of the others."""
    for name in NAMES:

        class AData(ApiResource):
            app = name
            resource = "data"

            @access_token_required()
            def get(args):
                return {"app": args.auth.app.app_key}

            @access_token_required()
            def post(args):
                return {"app": args.auth.app.app_key}

        declare(AData)
    settings.EAGLET_AUDIENCES = {name: uri(name) for name in NAMES}
    settings.EAGLET_TOKEN_VERIFIERS = ["jwt"]
    chosen = random.Random(30)
    apps = {name: make_app(name, grants=[]) for name in NAMES}
    allowed = {
        (caller, called): chosen.choice([{"get"}, {"post"}, {"get", "post"}])
        for caller in NAMES
        for called in NAMES
        if caller != called and chosen.random() < 0.3
    }
    AudienceGrant.objects.bulk_create(
        AudienceGrant(app=apps[caller].app, audience=called, grant=f"{called}.data:{verb}")
        for (caller, called), verbs in allowed.items()
        for verb in verbs
    )
    return apps, allowed


@pytest.mark.slow
def test_every_allowed_call_passes_and_every_other_is_403(services, issuer, client):
    apps, allowed = services
    assert App.objects.count() == len(NAMES)
    before = None
    for called in NAMES:
        with override_settings(EAGLET_AUDIENCE=uri(called)):
            for caller in NAMES:
                if caller == called:
                    continue
                token = issuer.token(apps[caller], resource=uri(called))
                verbs = allowed.get((caller, called), set())
                for verb in ("get", "post"):
                    answer = ask(client, called, token, verb)
                    assert answer.status_code == (200 if verb in verbs else 403), (caller, called)
                    if verb in verbs:
                        assert answer.json()["data"] == {"app": apps[caller].app.app_key}
            if before is not None:
                assert ask(client, called, before, "get").status_code == 401
            before = token
    assert len([url for url in issuer.fetched if url.endswith("jwks.json")]) == 1


def ask(client, called, token, verb):
    return getattr(client, verb)(f"/{called}/data/", headers={"Authorization": f"Bearer {token}"})
