"""The services that were asked for, started at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager

from .control import Control
from .processes import Processes
from .service import Service


@contextmanager
def running(
    processes: Processes, kinds: Sequence[type[Service]]
) -> Iterator[tuple[Mapping[str, str], Mapping[str, Service]]]:
    """Start them; what tells a test where they are, and the services by name."""
    services = {kind.name: kind(processes) for kind in kinds}
    _start(processes, list(services.values()))
    with Control(processes.folder / "control", services) as control:
        try:
            yield _told_to_tests(services, control), services
        finally:
            # Else a test that waits for a service to start would hold up the end of the control.
            processes.stopping.set()


def _start(processes: Processes, services: Sequence[Service]) -> None:
    pool = ThreadPoolExecutor(len(services))
    starting = [pool.submit(service.start) for service in services]
    try:
        wait(starting, return_when=FIRST_EXCEPTION)
        for started in starting:
            if started.done():
                started.result()
    except BaseException:
        processes.stopping.set()
        raise
    finally:
        pool.shutdown()


def _told_to_tests(services: Mapping[str, Service], control: Control) -> Mapping[str, str]:
    urls = {f"EAGLET_TEST_{name.upper()}_URL": service.url for name, service in services.items()}
    return {
        **urls,
        "EAGLET_TEST_SERVICES": "required",
        "EAGLET_TEST_SERVICES_CONTROL": str(control.path),
    }
