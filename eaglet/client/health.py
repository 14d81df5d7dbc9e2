"""Ask whether the services that settings name answer, and take this service's key."""

from collections.abc import Iterator

from eaglet.client.http import request
from eaglet.client.http.transport import transport
from eaglet.client.services.resolve import Service, resolve
from eaglet.client.tokens.fetch import fetch_token
from eaglet.conf import conf
from eaglet.doctor import Finding
from eaglet.exceptions import EagletError


def examine_services() -> Iterator[Finding]:
    """Ask every service of EAGLET_SERVICES for a token, or else for its health."""
    for name in conf.EAGLET_SERVICES:
        try:
            service = resolve(name)
        except EagletError as error:
            yield Finding(f"service {name!r}: {error}", "look at EAGLET_SERVICES")
        else:
            yield _examined(name, service)


def _examined(name: str, service: Service) -> Finding:
    if service.needs_token and service.token_key is None:
        return Finding(
            f"service {name!r}: there is no APP_KEY with an APP_SECRET",
            "run manage.py create_app at that service, and set what it prints",
        )
    try:
        if service.needs_token:
            fetch_token(service, {})
        else:
            template = request.template(service, "get", "/healthz", {})
            transport.send(template.request({}), service)
    except EagletError as error:
        is_refused = service.needs_token and "code 401" in str(error)
        return Finding(
            f"service {name!r}: {error}",
            "it does not know APP_KEY, or APP_SECRET is not its secret: run manage.py create_app "
            "(or rotate_secret) at that service, and set what it prints"
            if is_refused
            else f"is it running, and at {service.url}? See EAGLET_SERVICES[{name!r}]['HOST']",
        )
    answer = "takes the key and gives access tokens" if service.needs_token else "answers"
    return Finding(f"service {name!r}: {answer}")
