"""What the walkthrough's tasks go through: eaglet's own broker, or whichever is set."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

QUEUE = "services.template_message_integral_service.tasks.service_tempate_message_integral"
"""The queue that a points change sends its task to."""


class BrokerUnusable(Exception):
    """The broker can't be used for the walkthrough; the text says why."""


class Broker(ABC):
    """What the tasks go through; a context.

    Attributes:
        title: what it is called.
        variables: what the roles need to find it, as environment variables.
        cutting: how `cut` makes it unreachable, in words.
    """

    title: str
    variables: Mapping[str, str]
    cutting: str

    @abstractmethod
    def __enter__(self) -> Broker: ...

    @abstractmethod
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    @abstractmethod
    def waiting(self) -> list[str]:
        """Where the messages are that wait in the queue for a worker."""

    @abstractmethod
    def cut(self) -> None:
        """Make it unreachable."""

    @abstractmethod
    def restore(self) -> None:
        """Make it reachable again."""


class EmbeddedBroker(Broker):
    """eaglet's own, which is a folder."""

    title = "eaglet's embedded broker"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables = {"EAGLET_QUEUE_DIR": str(folder)}
        self._aside = folder.with_name(f"{folder.name}.aside")
        # No mode of a folder keeps root from writing.
        self._moves = os.geteuid() == 0
        self.cutting = (
            "The queue folder is moved aside, with a file in its place: this runs as root, "
            "whom no mode keeps from writing."
            if self._moves
            else "The queue folder and all folders in it get the mode 0500."
        )

    def __enter__(self) -> EmbeddedBroker:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.restore()

    def waiting(self) -> list[str]:
        """The files of the messages."""
        return sorted(str(file) for file in self.folder.glob(f"queues/{QUEUE}/*"))

    def cut(self) -> None:
        """Make the folder one that can't be written to."""
        if self._moves:
            self.folder.rename(self._aside)
            self.folder.touch()
        else:
            self._set_modes(0o500)

    def restore(self) -> None:
        """Make it as it was; nothing if it is."""
        if self._aside.exists():
            self.folder.unlink()
            self._aside.rename(self.folder)
        elif not self._moves:
            self._set_modes(0o700)

    def _set_modes(self, mode: int) -> None:
        for folder, _, _ in os.walk(self.folder):
            Path(folder).chmod(mode)
