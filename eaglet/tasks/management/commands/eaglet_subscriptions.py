"""`manage.py eaglet_subscriptions`: what this service subscribes to, and what waits for it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eaglet.exceptions import BrokerUnavailable
from eaglet.setup_errors import needs_tables
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.receiving.decorator import declaration_of
from eaglet.tasks.receiving.worker import discover
from eaglet.tasks.subscribing.events import queue_of
from eaglet.tasks.subscribing.subscriptions import delete, pattern_of, subscriptions


class Command(BaseCommand):
    """List the subscriptions of this service, or delete some."""

    help = (
        "List the queues in which the broker keeps events for this service, tell how much waits "
        "for each, or delete some: a subscription outlives the code that declares it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("action", nargs="?", choices=("list", "lag", "delete"), default="list")
        parser.add_argument(
            "names", nargs="*", metavar="NAME", help="Queues, or the events that they are for."
        )
        parser.add_argument("--force", action="store_true", help="Delete with what is in it.")

    @needs_tables
    def handle(self, *args: Any, **options: Any) -> None:
        """Do it. Raises CommandError for what is not there, or not empty, and for no broker."""
        if options["action"] == "delete" and not options["names"]:
            raise CommandError("name the subscriptions to delete")
        discover()
        act = {"list": self._list, "lag": self._lag, "delete": self._delete}[options["action"]]
        try:
            known = subscriptions()
            if not known:
                self.stdout.write("This service has no subscriptions.")
            for name in options["names"] or known:
                queue = name if name in known else queue_of(name)
                if queue not in known:
                    raise CommandError(
                        f"there is no subscription {name!r}; there are: {', '.join(known)}"
                    )
                act(queue, known[queue], options["force"])
        except BrokerUnavailable as error:
            raise CommandError(f"the broker can't be asked: {error}") from error

    def _list(self, queue: str, waiting: int | None, force: bool) -> None:
        told = f"{queue}: for {pattern_of(queue)}, {waiting} events wait"
        if waiting is None:
            told = f"{queue}: for {pattern_of(queue)}, not there: start a worker, which makes it"
        elif declaration_of(queue) is None:
            told += "; nothing here takes it any more: delete it, or events pile up"
        self.stdout.write(told)

    def _lag(self, queue: str, waiting: int | None, force: bool) -> None:
        put_off, parked = _kept(queue)
        told = f"{waiting or 0} events wait, {put_off} to be tried again, {parked} parked"
        self.stdout.write(f"{queue}: {told}")

    def _delete(self, queue: str, waiting: int | None, force: bool) -> None:
        # What is to be tried again comes back to it.
        left = (waiting or 0) + _kept(queue)[0]
        if left and not force:
            raise CommandError(
                f"{queue} still has {left} events, which would be lost. Have a worker take them, "
                "or delete it with --force."
            )
        delete(queue)
        self.stdout.write(f"{queue} is deleted, with {left} events in it.")
        if declaration_of(queue):
            self.stdout.write("It is declared here: a worker that starts makes it again.")


def _kept(queue: str) -> tuple[int, int]:
    """Return how many events of a queue are to be tried again, and how many are parked."""
    rows = ReceivedTask.objects.using(ledger_alias()).filter(queue_name=queue)
    return rows.filter(state__in=ReceivedTask.PUT_OFF).count(), rows.parked().count()
