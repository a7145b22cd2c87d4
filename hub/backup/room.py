"""Whether what is to be unpacked fits."""

import shutil
from pathlib import Path

from hub.errors import OperatorError

INDEXES = 2  # tables and their indexes, beside what a backup holds of them
SPARE_BYTES = 256 * 1024 * 1024


def require_room(folder: Path, size: int) -> None:
    """Raise OperatorError when ``size`` bytes of rows do not fit into ``folder`` as a database."""
    needed = size * INDEXES + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OperatorError(f"{folder}: {needed / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free")
