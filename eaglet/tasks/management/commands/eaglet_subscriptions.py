"""`manage.py eaglet_subscriptions`: what this service subscribes to, and what waits for it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eaglet.exceptions import BrokerUnavailable
from eaglet.setup_errors import needs_tables
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.receiving.events import queue_of
from eaglet.tasks.receiving.subscriptions import Subscription, delete, subscriptions
from eaglet.tasks.receiving.worker import discover


class Command(BaseCommand):
    """List the subscriptions of this service, or delete some."""

    help = (
        "List the queues in which the broker keeps events for this service, tell how much waits "
        "in each, or delete some: a subscription outlives the code that declares it."
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
        discover()
        try:
            known = {one.queue: one for one in subscriptions()}
            wanted = [self._known(name, known) for name in options["names"]]
            if options["action"] == "delete":
                self._delete(wanted, force=options["force"])
                return
        except BrokerUnavailable as error:
            raise CommandError(f"the broker can't be asked: {error}") from error
        told = self._lag_of if options["action"] == "lag" else self._state_of
        for one in wanted or known.values():
            self.stdout.write(f"{one.queue}: {told(one)}")
        if not known:
            self.stdout.write("This service has no subscriptions.")

    def _known(self, name: str, known: dict[str, Subscription]) -> Subscription:
        found = known.get(name) or known.get(queue_of(name))
        if found is None:
            there = ", ".join(known) or "none"
            raise CommandError(f"there is no subscription {name!r}; there are: {there}")
        return found

    def _state_of(self, one: Subscription) -> str:
        told = f"for {one.pattern}, {_waiting(one)}"
        if one.waiting is None:
            return f"{told}: start a worker, which makes it"
        if not one.is_declared:
            return f"{told}; nothing here takes it any more: delete it, or events pile up"
        return told

    def _lag_of(self, one: Subscription) -> str:
        State = ReceivedTask.State
        rows = ReceivedTask.objects.using(ledger_alias()).filter(queue_name=one.queue)
        put_off = rows.filter(state__in=ReceivedTask.PUT_OFF).count()
        parked = rows.filter(state=State.PARKED).count()
        return f"{_waiting(one)}, {put_off} to be tried again, {parked} parked"

    def _delete(self, wanted: list[Subscription], *, force: bool) -> None:
        if not wanted:
            raise CommandError("name the subscriptions to delete")
        for one in wanted:
            if one.waiting and not force:
                raise CommandError(
                    f"{one.queue} still has {one.waiting} events, which would be lost. Have a "
                    "worker take them, or delete it with --force."
                )
            delete(one)
            self.stdout.write(f"{one.queue} is deleted, with {one.waiting or 0} events in it.")
            if one.is_declared:
                self.stdout.write("It is declared here: a worker that starts makes it again.")


def _waiting(one: Subscription) -> str:
    return "not at the broker" if one.waiting is None else f"{one.waiting} events wait"
