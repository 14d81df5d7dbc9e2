"""`manage.py create_member NICK_NAME`: a member with points to begin with."""

from django.core.management.base import BaseCommand

from testproject.member_service.models import Member


class Command(BaseCommand):
    help = "Make a member, unless there is one of that name, and print the member's id."

    def add_arguments(self, parser):
        parser.add_argument("nick_name")
        parser.add_argument("--integral", type=int, default=0, help="points to begin with")

    def handle(self, *args, **options):
        member, _made = Member.objects.get_or_create(
            nick_name=options["nick_name"], defaults={"integral": options["integral"]}
        )
        self.stdout.write(f"member_id: {member.pk}")
