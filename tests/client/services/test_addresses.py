import pytest

from eaglet.client import InvalidRequest, Resource
from eaglet.client.services.addresses import base_url, origin, trusted_origin

CALL = {"resource": "mall.sync_product", "data": {"a": 1}}


def path_of_call(server, name, *args):
    Resource.use(name, *args, raise_errors=True).get({"resource": "a.b"})
    return server.received[-1].path


@pytest.mark.parametrize(
    ("host", "gateway", "called", "path"),
    [
        ("{url}", "http://not.used", ["card"], "/a/b/"),
        ("{url}/v1/card@inner/", None, ["card"], "/v1/card@inner/a/b/"),
        ("{url}", None, ["card", "api.zeus.com"], "/a/b/"),
        (None, "{host}", ["card_apiserver"], "/card_apiserver/a/b/"),
        (None, "{host}", [""], "/a/b/"),
        (None, "{host}", [None], "/a/b/"),
        (None, "http://not.used", ["zeus", "{host}"], "/zeus/a/b/"),
    ],
)
def test_a_services_own_host_goes_before_one_named_in_code_and_that_before_the_gateway(
    server, settings, host, gateway, called, path
):
    def real(text):
        return text and text.format(url=server.url, host=server.host)

    settings.EAGLET_SERVICES = {"card": {"HOST": real(host)}} if host else {}
    settings.EAGLET_GATEWAY_HOST = real(gateway)
    assert path_of_call(server, *map(real, called)) == path


def test_every_dot_of_a_resource_is_a_slash(card):
    Resource.use("card").get({"resource": "mall.order.list"})
    assert card.received[0].path == "/mall/order/list/"


def test_settings_are_read_when_a_call_is_made(server, other_server, settings):
    resource = Resource.use("card", raise_errors=True)
    for each in (server, other_server, server):
        settings.EAGLET_SERVICES = {"card": {"HOST": each.url}}
        resource.get({"resource": "a.b"})
    assert [len(server.received), len(other_server.received)] == [2, 1]


def test_nothing_known_says_what_to_set(settings):
    with pytest.raises(
        InvalidRequest, match=r"EAGLET_SERVICES\['card'\]\['HOST'\] or EAGLET_GATEWAY_HOST"
    ):
        Resource.use("card", raise_errors=True).get(CALL)
    assert Resource.use("card").get(CALL) is None


@pytest.mark.parametrize(
    "host",
    [
        "ftp://x",
        "http://user:pass@host",
        "http://host?x=1",
        "host#f",
        "http://",
        "a b",
        "host\r\nX: y",
        "http://evil\\@host",
        "host:99999",
        "http://[::1",
        7,
        b"host",
    ],
)
def test_a_host_that_is_none_is_an_invalid_request_that_does_not_repeat_it(host):
    with pytest.raises(InvalidRequest) as raised:
        Resource.use("card", host, raise_errors=True).get(CALL)
    assert "pass" not in str(raised.value)


@pytest.mark.parametrize("entry", ["http://x", None, ["http://x"]])
def test_an_entry_that_is_no_dict_is_an_invalid_request(settings, entry):
    settings.EAGLET_SERVICES = {"card": entry}
    with pytest.raises(InvalidRequest, match="no dict for 'card'"):
        Resource.use("card", raise_errors=True).get(CALL)


def test_a_scheme_from_configure_is_for_addresses_without_one(card, settings, records):
    settings.EAGLET_SERVICES = {"card": {"HOST": card.host}, "plain": {"HOST": card.url}}
    Resource.configure({"api_scheme": "https"})
    assert Resource.use("card").get(CALL) is None
    assert "TLS" in records()[0].reason
    assert Resource.use("plain").get(CALL)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("api.zeus.com", "http://api.zeus.com"),
        ("HTTPS://API.zeus.com:8443/v1/", "https://api.zeus.com:8443/v1"),
        ("[::1]:80", "http://[::1]:80"),
        ("[fe80::1%25eth0]:80", "http://[fe80::1%25eth0]:80"),
        ("http://[fe80::1%eth0]/v1", "http://[fe80::1%25eth0]/v1"),
        ("http://[fe80::1%2510]:80", "http://[fe80::1%2510]:80"),
        ("http://[fe80::1%252510]", "http://[fe80::1%252510]"),
        ("例子.测试", "http://xn--fsqu00a.xn--0zwm56d"),
    ],
)
def test_base_urls_are_normalised(address, expected):
    assert base_url(address) == expected


@pytest.mark.parametrize(
    ("trusted", "called", "covered"),
    [
        ("api.zeus.com", "http://api.zeus.com", True),
        ("api.zeus.com", "https://API.Zeus.com:443", True),
        ("api.zeus.com", "http://api.zeus.com.", True),
        ("api.zeus.com", "http://api.zeus.com:443", False),
        ("api.zeus.com", "http://api.zeus.com:8080", False),
        ("api.zeus.com:8080", "http://api.zeus.com:8080", True),
        ("api.zeus.com:8080", "http://api.zeus.com", False),
        ("https://api.zeus.com", "https://api.zeus.com/v1", True),
        ("https://api.zeus.com", "http://api.zeus.com", False),
        ("https://api.zeus.com", "http://api.zeus.com:443", False),
        ("http://api.zeus.com/v1", "http://api.zeus.com/v2", True),
        ("zeus.com", "http://api.zeus.com", False),
        ("api.zeus.com", "http://api.zeus.com.evil.org", False),
    ],
)
def test_a_trusted_host_covers_itself_only(trusted, called, covered):
    assert trusted_origin(trusted).covers(origin(base_url(called))) is covered
