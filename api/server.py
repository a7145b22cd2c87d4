"""The API process: ``python -m api.server --settings FILE`` (``-``: JSON on standard input).

It is ready when ``/healthz`` answers, ends within 3 s of SIGTERM also with streams open, and exits with
2 when the settings cannot be used.
"""

import argparse
import logging
import sys
from pathlib import Path

from api.libraries_left_out import left_out
from api.settings import settings_from_json
from hub import logs
from hub.errors import ConfigError

EXIT_CONFIG = 2


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, or 2 when the settings cannot be used."""
    parser = argparse.ArgumentParser(prog="api.server", description="API and console of epihub")
    parser.add_argument("--settings", required=True, help="JSON file, or - for standard input")
    wanted = parser.parse_args(arguments).settings
    logs.setup(level="warning")
    with left_out():
        from api.serving import run
    try:
        body = sys.stdin.buffer.read() if wanted == "-" else Path(wanted).read_bytes()
        run(settings_from_json(body))
    except (ConfigError, OSError) as error:
        logging.getLogger("api.server").error("%s", error)
        return EXIT_CONFIG
    return 0


if __name__ == "__main__":
    sys.exit(main())
