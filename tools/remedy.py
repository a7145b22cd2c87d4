"""What a stock Debian lacks to make virtual environments. Also part of the offline installer."""

import importlib.util
import sys


def venv_remedy() -> str | None:
    """The one line that mends a Python without ``ensurepip``; None when it has it.

    Debian ships ``venv`` with Python but ``ensurepip`` in a package of its own, named after the version.
    """
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return None
    return f"apt install python3.{sys.version_info.minor}-venv"
