"""`manage.py app_tokens NAME`: how many access tokens an app has been issued."""

from django.core.management.base import BaseCommand, CommandError

from eaglet.auth.models import App


class Command(BaseCommand):
    help = "Print how many access tokens an app has been issued; with --revoke, revoke them."

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument("--revoke", action="store_true")

    def handle(self, *args, **options):
        app = App.objects.filter(name=options["name"]).first()
        if app is None:
            raise CommandError(f"there is no app named {options['name']!r}")
        if options["revoke"]:
            self.stdout.write(f"revoked: {app.revoke_tokens()}")
        self.stdout.write(f"issued: {app.tokens.count()}")
