"""The command `geser`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from eaglet import __version__
from eaglet.geser.add import METHODS, add_for_event, add_resource, add_task
from eaglet.geser.errors import GeserError
from eaglet.geser.manifest import SERVERS, find_service
from eaglet.geser.new import new_service
from eaglet.geser.requirement import default_requirement, is_local
from eaglet.geser.update import update

_NEXT = """\
Written: {folder}

    cd {name}
    python -m venv .venv && . .venv/bin/activate
    pip install -r requirements-dev.txt
    pytest

What next: README.md in it.
"""
_ISSUER = """\

It issues for the services that EAGLET_AUDIENCES in .env names, once there are tables and a key:

    python manage.py migrate
    python manage.py rotate_signing_key
    python manage.py create_app NAME --at SERVICE=APP.RESOURCE:VERB
"""
_LOCAL = """\

It depends on the eaglet of this machine ({requirement}).
For other machines and images, have requirements.txt, or --eaglet, name another.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 if it is refused or leaves conflicts behind."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except GeserError as error:
        sys.stderr.write(f"geser: {error}\n")
        return 1


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="geser", description="Write services on eaglet, and add to them."
    )
    parser.add_argument("--version", action="version", version=f"eaglet {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    new = commands.add_parser("new", help="write a new service")
    new.add_argument("name", metavar="NAME", help="of it and its folder, like member_service")
    new.add_argument(
        "--eaglet",
        metavar="REQUIREMENT",
        help="what installs eaglet, like 'eaglet~=0.2.0' or 'eaglet @ git+https://…@main'; "
        "else what installed this one",
    )
    new.add_argument(
        "--issuer", action="store_true", help="have it issue tokens for other services"
    )
    new.add_argument("--server", choices=SERVERS, default=SERVERS[0], help="what it runs under")
    new.set_defaults(run=_new)

    kinds = commands.add_parser("add", help="add to a service").add_subparsers(
        required=True, metavar="WHAT"
    )
    resource = kinds.add_parser("resource", help="add a resource, with its test")
    resource.add_argument("name", metavar="app.name", help="like mall.ship_info")
    resource.add_argument(
        "--methods",
        nargs="+",
        default=["get"],
        metavar="METHOD",
        help=f"what it answers, of {', '.join(METHODS)}; get if nothing is said",
    )
    resource.add_argument(
        "--params",
        nargs="+",
        default=[],
        metavar="PARAM",
        help="what each takes, as for param_required: id:int '?note'",
    )
    resource.add_argument(
        "--public", action="store_true", help="answer callers without an access token too"
    )
    resource.set_defaults(run=_add_resource)
    task = kinds.add_parser("task", help="add a queue's task, with its test")
    task.add_argument(
        "name",
        metavar="NAME",
        help="like ordered, for the queue services.SERVICE.tasks.ordered; or a queue's whole name",
    )
    task.set_defaults(run=_add_task)
    for kind, help_text in (
        ("event", "add an event that the service publishes, with its test"),
        ("subscriber", "add what the service does when an event is published, with its test"),
    ):
        event = kinds.add_parser(kind, help=help_text)
        event.add_argument("name", metavar="NAME", help="like points.changed")
        event.set_defaults(run=_add_for_event, kind=kind)

    updating = commands.add_parser(
        "update", help="merge what the templates have changed since into the service"
    )
    updating.add_argument(
        "--force", action="store_true", help="even without a commit in git to go back to"
    )
    updating.set_defaults(run=_update)
    return parser


def _new(options: argparse.Namespace) -> int:
    folder = new_service(
        options.name,
        Path.cwd(),
        options.eaglet,
        server=options.server,
        is_issuer=options.issuer,
    )
    sys.stdout.write(_NEXT.format(folder=folder, name=options.name))
    if options.issuer:
        sys.stdout.write(_ISSUER)
    requirement = options.eaglet or default_requirement()
    if is_local(requirement):
        sys.stdout.write(_LOCAL.format(requirement=requirement))
    return 0


def _add_resource(options: argparse.Namespace) -> int:
    written = add_resource(
        find_service(Path.cwd()),
        options.name,
        _separated(options.methods),
        _separated(options.params),
        guarded=not options.public,
    )
    return _written(written)


def _add_task(options: argparse.Namespace) -> int:
    return _written(add_task(find_service(Path.cwd()), options.name))


def _add_for_event(options: argparse.Namespace) -> int:
    return _written(add_for_event(find_service(Path.cwd()), options.kind, options.name))


def _update(options: argparse.Namespace) -> int:
    changes = update(find_service(Path.cwd()), force=options.force)
    for change in changes:
        sys.stdout.write(f"{change.path}: {change.what}\n")
    if not changes:
        sys.stdout.write("The templates have changed nothing.\n")
    return int(any(change.conflicts for change in changes))


def _separated(given: Sequence[str]) -> list[str]:
    """Split at commas; return one list."""
    return [part.strip() for text in given for part in text.split(",") if part.strip()]


def _written(paths: Sequence[str]) -> int:
    sys.stdout.write("".join(f"Written: {path}\n" for path in paths))
    return 0
