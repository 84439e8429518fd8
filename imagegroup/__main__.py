"""Run the command line as `python -m imagegroup`."""

import sys

from imagegroup.cli import main

sys.exit(main())
