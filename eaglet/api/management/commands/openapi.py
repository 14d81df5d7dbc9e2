"""`manage.py openapi`: write the OpenAPI document, or check that a file has it."""

from eaglet.api.openapi.generator import document
from eaglet.contracts.commands import DocumentCommand
from eaglet.contracts.document import as_text


class Command(DocumentCommand):
    """Writes the OpenAPI 3.1 document of this service; the same for the same declarations."""

    help = "Write the OpenAPI 3.1 document of this service."

    def text(self) -> str:
        """Return the document."""
        return as_text(document())
