"""How much of what people report is taken at once; API and desk agree on it."""

from typing import Final

INTAKE_DEVICE: Final = "intake"  # the device of its events
MOST_AT_ONCE: Final = 1000
MOST_ERRORS: Final = 200
