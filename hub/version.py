"""Which epihub this is."""

from importlib.metadata import version


def epihub_version() -> str:
    return version("epihub")
