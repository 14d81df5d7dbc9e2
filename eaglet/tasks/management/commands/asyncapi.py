"""`manage.py asyncapi`: write the AsyncAPI document, or check that a file has it."""

from eaglet.contracts.asyncapi import document
from eaglet.contracts.commands import DocumentCommand
from eaglet.contracts.document import as_text
from eaglet.tasks.contract_listing import discovered_listing


class Command(DocumentCommand):
    """Writes the AsyncAPI 3 document of this service; the same for the same declarations."""

    help = "Write the AsyncAPI 3 document of the queues this service takes from and sends to."

    def text(self) -> str:
        """Return the document; asks no broker. What importing a `tasks` module raises is raised."""
        return as_text(document(discovered_listing()))
