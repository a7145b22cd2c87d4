"""The command ``epihub``."""

from hub.cli.main import main

__all__ = ["main"]
