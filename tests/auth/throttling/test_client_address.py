import pytest
from django.test import RequestFactory

from eaglet.api.request.client_address import client_address

PROXY = "10.0.0.1"


def address(settings, proxies, forwarded, remote=PROXY):
    settings.EAGLET_TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))


@pytest.mark.parametrize("forwarded", [None, "1.1.1.1", "1.1.1.1, 2.2.2.2", PROXY, "x"])
def test_without_trusted_proxies_the_header_changes_nothing(settings, forwarded):
    assert address(settings, 0, forwarded) == PROXY


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (1, "2.2.2.2", "2.2.2.2"),
        (1, "1.1.1.1, 2.2.2.2", "2.2.2.2"),
        (1, "forged, , 1.1.1.1,2.2.2.2 ", "2.2.2.2"),
        (2, "1.1.1.1, 2.2.2.2, 3.3.3.3", "2.2.2.2"),
        (2, "2.2.2.2, 3.3.3.3", "2.2.2.2"),
        (3, "1.1.1.1, 2.2.2.2, 3.3.3.3, 4.4.4.4", "2.2.2.2"),
    ],
)
def test_the_address_is_what_the_outermost_trusted_proxy_wrote(
    settings, proxies, forwarded, expected
):
    assert address(settings, proxies, forwarded) == expected


@pytest.mark.parametrize(
    ("proxies", "forwarded"),
    [
        (1, None),
        (1, ""),
        (1, "1.1.1.1,"),
        (1, "1.1.1.1, unknown"),
        (1, "999.1.1.1"),
        (1, "1.1.1.1, [::1"  "x"),
        (2, "1.1.1.1"),
        (2, "x, 1.1.1.1"),
    ],
)  # fmt: skip
def test_a_header_without_an_address_there_does_not_count(settings, proxies, forwarded):
    assert address(settings, proxies, forwarded) == PROXY


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2.2.2.2:8443", "2.2.2.2"),
        ("[2001:db8::1]:8443", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::ffff:2.2.2.2", "2.2.2.2"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
@pytest.mark.parametrize("proxies", [0, 1])
def test_an_ipv6_caller_counts_as_its_network_and_a_port_as_nothing(
    settings, written, expected, proxies
):
    if proxies:
        assert address(settings, 1, written) == expected
    elif "[" not in written and written.count(":") != 1:
        assert address(settings, 0, None, written) == expected


@pytest.mark.parametrize("remote", ["", "unix:", None])
def test_a_server_on_a_unix_socket_has_one_caller(settings, remote):
    request = RequestFactory().get("/")
    request.META["REMOTE_ADDR"] = remote
    settings.EAGLET_TRUSTED_PROXIES = 0
    assert client_address(request) == (remote or "")
    del request.META["REMOTE_ADDR"]
    assert client_address(request) == ""


def test_a_forged_header_does_not_help_a_guesser(ask_for_token, hermes, settings):
    settings.EAGLET_TOKEN_FAILURE_RATE = "3/day"
    form = {**hermes.form, "client_secret": "guess"}
    for proxies, forged in ((0, "{}"), (1, "{}, 2.2.2.2")):
        settings.EAGLET_TRUSTED_PROXIES = proxies
        statuses = [
            ask_for_token(
                form=form, headers={"X-Forwarded-For": forged.format(f"1.1.1.{number}")}
            ).status_code
            for number in range(4)
        ]
        assert statuses == [401, 401, 401, 429]
