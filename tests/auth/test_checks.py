import pytest
from django.core.checks import run_checks
from django.core.checks.registry import registry

from eaglet.auth import checks


def found(*, deploy=False):
    messages = run_checks(include_deployment_checks=deploy)
    return {message.id: message for message in messages if message.id.startswith("eaglet_auth.")}


def test_the_checks_are_registered():
    assert checks.check_credentials_in_urls in registry.deployment_checks
    assert checks.check_issuing in registry.registered_checks


def test_the_default_settings_have_no_fault_before_deployment():
    assert found() == {}


@pytest.mark.parametrize(
    ("setting", "id_"),
    [
        ("EAGLET_TOKEN_IN_PARAMETER", "eaglet_auth.W001"),
        ("EAGLET_SECRET_IN_QUERY", "eaglet_auth.W002"),
    ],
)
def test_deployment_is_warned_of_credentials_in_urls(settings, setting, id_):
    assert id_ in found(deploy=True)
    assert setting in found(deploy=True)[id_].hint
    setattr(settings, setting, False)
    assert id_ not in found(deploy=True)


def test_deployment_without_resources_has_no_urls_to_be_warned_of(settings):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "eaglet.api"]
    assert found(deploy=True) == {}


def test_issuing_tokens_without_resources_is_warned_of(settings):
    settings.EAGLET_ISSUE_TOKENS = True
    assert found() == {}
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "eaglet.api"]
    assert "eaglet.api" in found()["eaglet_auth.W003"].hint


def test_every_check_has_an_id_of_its_own_and_a_hint():
    warnings = [value for name, value in vars(checks).items() if name.startswith("W0")]
    assert len({warning.id for warning in warnings}) == len(warnings) == 3
    assert all(warning.hint for warning in warnings)
