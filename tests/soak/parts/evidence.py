"""The report of a soak: where it is kept, and what it says of the run and its machine."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

EVIDENCE = Path(__file__).parents[3] / "docs" / "evidence"


def named(what: str) -> Path:
    """Where today's report of this soak is kept."""
    return EVIDENCE / f"{datetime.now(UTC):%Y-%m-%d}-{what}.md"


def heading(title: str, command: str, syncs: float) -> list[str]:
    """The first lines; ``syncs``: fdatasync a second of a page at rest."""
    kernel = ".".join(platform.release().split(".")[:2])
    return [
        f"# {title}",
        "",
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d}",
        "",
        f"{os.cpu_count()} cores, shared with the load; Python {platform.python_version()},",
        f"{platform.system()} {kernel} {platform.machine()}; {syncs:,.0f} fdatasync/s of a page at rest.",
        "",
    ]


def publish(text: str, path: Path) -> None:
    """Keep the report, and show it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    print(text)
