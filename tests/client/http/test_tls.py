import datetime
import ipaddress
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from eaglet.client import Resource, ServiceTimeout, ServiceUnavailable
from eaglet.contracts.fetching import fetch

from ..calling import CALL
from ..recording_server import Reply


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A file with a certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "card")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "card.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return str(path)


@pytest.fixture
def tls_card(server, settings, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    settings.EAGLET_SERVICES = {
        "card": {"HOST": f"https://{server.host}", "CA_BUNDLE": certificate, "TIMEOUT_SECONDS": 5}
    }
    return server


def test_a_service_is_called_over_tls_with_an_authority_of_ones_own(tls_card):
    data = {"x": "y" * 3_000_000}
    for _ in range(2):
        resp = Resource.use("card", raise_errors=True).post({"resource": "a.b", "data": data})
        assert resp["code"] == 200
    assert tls_card.received[0].json == data
    assert len({each.connection for each in tls_card.received}) == 1


def test_a_certificate_of_an_unknown_authority_is_unavailable(tls_card, settings):
    settings.EAGLET_SERVICES = {"card": {"HOST": f"https://{tls_card.host}"}}
    with pytest.raises(ServiceUnavailable, match=r"no TLS with .* certificate verify failed"):
        Resource.use("card", raise_errors=True).get(CALL)
    assert tls_card.received == []


def test_the_environment_names_the_authorities_of_all_calls(
    tls_card, settings, certificate, monkeypatch
):
    settings.EAGLET_SERVICES = {"card": {"HOST": f"https://{tls_card.host}"}}
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    assert Resource.use("card", raise_errors=True).get(CALL)["code"] == 200
    assert b'"code"' in fetch(f"https://{tls_card.host}/", largest_bytes=1000)


@pytest.mark.parametrize("path", ["/nowhere/ca.pem", "/"])
def test_authorities_that_are_not_there_are_told(tls_card, settings, monkeypatch, path):
    settings.EAGLET_SERVICES = {"card": {"HOST": f"https://{tls_card.host}"}}
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", path)
    with pytest.raises(ServiceUnavailable, match="no TLS with"):
        Resource.use("card", raise_errors=True).get(CALL)
    with pytest.raises(OSError, match="certificate"):
        fetch(f"https://{tls_card.host}/", largest_bytes=1000)


def test_a_dripping_answer_over_tls_is_cut_off(tls_card, settings, certificate):
    def drip(stream):
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(3000):
            stream.write(b" ")
            time.sleep(0.01)

    tls_card.answer = lambda request: Reply(raw=drip)
    settings.EAGLET_SERVICES = {
        "card": {**settings.EAGLET_SERVICES["card"], "TIMEOUT_SECONDS": 0.5}
    }
    with pytest.raises(ServiceTimeout):
        Resource.use("card", raise_errors=True).get(CALL)
