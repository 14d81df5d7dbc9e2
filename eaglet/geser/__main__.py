"""`python -m eaglet.geser`, the same as `geser`."""

import sys

from eaglet.geser.cli import main

sys.exit(main())
