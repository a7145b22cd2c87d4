"""Where things are in a checkout, and what goes wrong with it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("EPIHUB_VENV") or ROOT / ".venv")
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "requirements"
PACKAGES = ("hub", "adapters", "storage", "api", "simulators")


class DevError(Exception):
    """A command cannot go on; the message says what to do. Exit status 2."""


def program(name: str) -> str:
    """The path of a program that the virtual environment brings."""
    return str(VENV / "bin" / name)
