"""`python -m eaglet.geser`, the same as `geser`."""

import sys

from eaglet.geser.command_line import main

sys.exit(main())
