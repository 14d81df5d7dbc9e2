from dataclasses import dataclass, field

import pytest

from eaglet.api import registry
from eaglet.api.authorization import verifier
from eaglet.auth.models import App
from eaglet.auth.tokens import issue_access_token


@dataclass
class Credentials:
    app: App
    secret: str = field(repr=False)

    @property
    def params(self):
        return {"app_key": self.app.app_key, "app_secret": self.secret}

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


@pytest.fixture(autouse=True)
def _no_verdicts_from_other_tests():
    verifier().forget()


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
