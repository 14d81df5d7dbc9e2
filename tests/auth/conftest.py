import base64
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from eaglet.api import registry
from eaglet.api.security.decorator import verifier
from eaglet.auth import refusals
from eaglet.auth.issuer.signing_keys import rotate_signing_key
from eaglet.auth.models import App, AudienceGrant
from eaglet.auth.tokens.issuing import issue_access_token
from tests.system.servers.fixtures import mariadb, postgresql, redis_server

__all__ = ["mariadb", "postgresql", "redis_server"]


@dataclass
class Credentials:
    app: App
    secret: str = field(repr=False)

    @property
    def params(self):
        return {"app_key": self.app.app_key, "app_secret": self.secret}

    @property
    def basic(self):
        pair = base64.b64encode(f"{self.app.app_key}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    @property
    def form(self):
        return {"client_id": self.app.app_key, "client_secret": self.secret}

    def token(self):
        return issue_access_token(self.app.app_key, self.secret).token


@pytest.fixture
def make_app(db):
    def make(name="hermes", **options):
        created = App.objects.create_app(name, **options)
        return Credentials(created.app, created.secret)

    return make


@pytest.fixture
def hermes(make_app):
    return make_app()


@pytest.fixture
def staff(client, db):
    """Logs in somebody with the permissions named and no others."""

    def log_in(*permissions):
        user = User.objects.create_user("staff", is_staff=True)
        user.user_permissions.set(
            Permission.objects.filter(
                content_type__app_label="eaglet_auth", codename__in=permissions
            )
        )
        client.force_login(user)
        return client

    return log_in


@pytest.fixture(autouse=True)
def _nothing_verified_or_refused_by_other_tests():
    verifier().clear()
    refusals._noted.clear()


@pytest.fixture(autouse=True)
def _no_pruning_by_chance(monkeypatch):
    monkeypatch.setattr("eaglet.auth.tokens.pruning.random.randrange", lambda below: 1)
    monkeypatch.setattr("eaglet.auth.throttling.PRUNE_ONE_IN", 1 << 256)


@pytest.fixture
def declare():
    """Registers a resource class for one test, unless the project has it anyway."""
    declared = []

    def register(resource):
        if registry.lookup(resource.app, resource.resource) is None:
            registry.register(resource)
            declared.append(resource)

    yield register
    for resource in declared:
        registry.unregister(resource)


@pytest.fixture
def token_endpoint(declare):
    from eaglet.auth.access_token_resource import AAccessToken  # noqa: PLC0415 - it registers

    declare(AAccessToken)
    return "/auth/access_token/"


@pytest.fixture
def guarded(declare):
    from tests.auth.guarded import AGuarded  # noqa: PLC0415 - it registers

    declare(AGuarded)
    return "/auth_tests/guarded/"


@pytest.fixture
def call(client, guarded):
    """Calls the guarded resource with a token."""

    def get(token=None, method="get"):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return getattr(client, method)(guarded, headers=headers)

    return get


FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def oauth(client, settings, guarded):
    """Posts a form to one of the standard's endpoints."""
    settings.ROOT_URLCONF = "tests.auth.oauth.urls"

    def post(endpoint, form, *, credentials=None, **options):
        headers = {**(credentials.basic if credentials else {}), **options.pop("headers", {})}
        body = form if isinstance(form, str | bytes) else urlencode(form, doseq=True)
        options = {"content_type": FORM, **options}
        return client.post(f"/oauth/{endpoint}/", body, headers=headers, **options)

    return post


@pytest.fixture
def ask_for_token(oauth):
    def ask(credentials=None, **options):
        form = {"grant_type": "client_credentials", **options.pop("form", {})}
        return oauth("token", form, credentials=credentials, **options)

    return ask


CARD = "https://card.example"
ISSUER = "https://issuer.example"


@dataclass
class Issuer:
    """This service as an issuer, as what issues for itself as the service `card`."""

    oauth: object
    fetched: list

    def allow(self, credentials, *grants):
        for grant in grants:
            AudienceGrant.objects.create(app=credentials.app, audience="card", grant=grant)

    def ask(self, credentials, resource=CARD, **form):
        form = {"grant_type": "client_credentials", "resource": resource, **form}
        return self.oauth("token", form, credentials=credentials)

    def token(self, credentials, **form):
        return self.ask(credentials, **form).json()["access_token"]


class AtOnce:
    """Stands in for a thread: what is fetched is answered by the test's own database."""

    def __init__(self, target, args, **kwargs):
        self.start = partial(target, *args)

    def join(self, seconds):
        """There is nothing to wait for."""


@pytest.fixture
def issuer(db, oauth, settings, monkeypatch):
    """Issues for the service `card`, which is this one too, and takes JWTs; counts fetches."""
    settings.EAGLET_ISSUER, settings.EAGLET_AUDIENCE = ISSUER, CARD
    settings.EAGLET_AUDIENCES = {"card": CARD, "member": "https://member.example"}
    settings.EAGLET_TOKEN_VERIFIERS = ["database", "jwt"]
    rotate_signing_key("ES256", 0)
    fetched = []

    def fetch(url, *, largest_bytes, form=None, credentials=None, timeout=None):
        fetched.append(url)
        path = url.removeprefix(ISSUER)
        if form is None:
            return Client().get(path).content
        pair = base64.b64encode(":".join(credentials or ()).encode()).decode()
        headers = {"Authorization": f"Basic {pair}"} if credentials else {}
        return Client().post(path, urlencode(form), content_type=FORM, headers=headers).content

    monkeypatch.setattr("eaglet.auth.verifiers.jwks.Thread", AtOnce)
    for module in ("contracts.discovery", "auth.verifiers.jwks", "auth.verifiers.introspection"):
        monkeypatch.setattr(f"eaglet.{module}.fetch", fetch)
    return Issuer(oauth, fetched)
