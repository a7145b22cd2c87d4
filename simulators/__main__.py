"""``python -m simulators``."""

import sys

from simulators.run import main

sys.exit(main())
