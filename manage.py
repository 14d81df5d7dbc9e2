#!/usr/bin/env python
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testproject.settings.api")
    from django.core.management import execute_from_command_line

    from eaglet.setup_errors import settings_named

    with settings_named():
        execute_from_command_line(sys.argv)
