"""The service and its callers, as processes of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from demo.processes import Processes
from demo.roles import Credentials, Role, Server, hermes_role

DECLARED = "tests.system.acceptance.declared"


@dataclass(frozen=True)
class Landscape:
    """A service that runs, and what is needed to start more that call it."""

    folder: Path
    processes: Processes
    service_role: Role
    service: Server

    def url(self, resource: str) -> str:
        """The URL of a resource of the service: `a.b` at `/a/b/`."""
        return f"{self.service.url}/{resource.replace('.', '/')}/"

    def hermes(self, name: str) -> Hermes:
        """Register a caller and start it, with a folder of its own."""
        folder = self.folder / name
        folder.mkdir()
        credentials = self.service_role.create_app(name)
        role = hermes_role(folder, self.service.url, credentials)
        role.migrate()
        return Hermes(name, self, role, role.serve(self.processes, name), credentials)


@dataclass(frozen=True)
class Hermes:
    """A caller of the service."""

    name: str
    landscape: Landscape
    role: Role
    server: Server
    credentials: Credentials

    @property
    def relay_url(self) -> str:
        """Its resource that calls `demo.data`."""
        return f"{self.server.url}/hermes/relay/"

    def tokens_issued(self) -> int:
        """How many access tokens the service has issued to it."""
        return self.landscape.service_role.tokens_issued(self.name)

    def restarted(self) -> Hermes:
        """Itself, in another process, over the same database."""
        self.landscape.processes.stop(self.server.process)
        server = self.role.serve(self.landscape.processes, self.name)
        return Hermes(self.name, self.landscape, self.role, server, self.credentials)


def start_landscape(folder: Path, processes: Processes) -> Landscape:
    """Start the service."""
    role = Role(
        "api", folder, {"EAGLET_TOKEN_CACHE_SECONDS": "0", "EAGLET_RESOURCE_MODULES": DECLARED}
    )
    role.migrate()
    return Landscape(folder, processes, role, role.serve(processes))
