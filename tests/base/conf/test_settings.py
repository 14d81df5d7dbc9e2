"""Settings: read when asked, documented, and typed."""

import pytest
from django.conf import settings
from django.test import override_settings

from eaglet.conf import Setting, Settings, conf

NAMES = [name for name, item in vars(Settings).items() if isinstance(item, Setting)]


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_has_a_default_and_says_what_it_means(name):
    setting = getattr(Settings, name)
    assert setting.__doc__
    assert setting.__doc__.endswith((".", "…"))
    with override_settings():
        if hasattr(settings, name):
            delattr(settings, name)
        assert getattr(conf, name) == setting.default


def test_a_setting_is_read_when_asked():
    with override_settings(EAGLET_FAST_PATH=False):
        assert conf.EAGLET_FAST_PATH is False
    assert conf.EAGLET_FAST_PATH is True


def test_a_setting_is_eaglet_s_own_or_a_documented_one():
    documented = {"ENABLE_API_AUTH", "APP_KEY", "APP_SECRET"}
    for name in NAMES:
        assert name in documented or name.startswith("EAGLET_")
