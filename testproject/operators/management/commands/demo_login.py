"""`manage.py demo_login NAME`: a superuser with the password in DEMO_PASSWORD."""

import os

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Make a superuser, or give it a new password: the one in DEMO_PASSWORD."

    def add_arguments(self, parser):
        parser.add_argument("name")

    def handle(self, *args, **options):
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("DEMO_PASSWORD is not set")
        user, _made = get_user_model().objects.get_or_create(
            username=options["name"], defaults={"is_staff": True, "is_superuser": True}
        )
        user.set_password(password)
        user.save()
