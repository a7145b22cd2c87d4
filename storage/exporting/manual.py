"""docs/export_tables.md: ``python -m storage.exporting.manual [--write]``."""

import sys
from collections.abc import Iterator
from pathlib import Path

from storage.exporting.columns import Column
from storage.exporting.table import Table
from storage.exporting.tables import tables

PAGE = Path(__file__).parents[2] / "docs" / "export_tables.md"
BEGINS = "<!-- tables: python -m storage.exporting.manual --write -->\n"
_PERSON = "; only with `--with-pseudonyms`"


def manual(page: str) -> str:
    """``page`` with the tables as they are; raises ValueError where it has no place for them."""
    head, mark, _ = page.partition(BEGINS)
    if not mark:
        raise ValueError("docs/export_tables.md has no place for the tables")
    return head + mark + "\n" + "\n".join(_section(table) for table in tables().values())


def _section(table: Table) -> str:
    time = f" `--from` and `--to` look at `{table.time}`." if table.time else " It has no time."
    rows = "\n".join(_rows(table.columns))
    return f"## `{table.name}`\n\n{table.about}{time}\n\n| column | kind | meaning |\n|---|---|---|\n{rows}\n"


def _rows(columns: tuple[Column, ...]) -> Iterator[str]:
    for column in columns:
        about = column.about.replace("|", "\\|") + (_PERSON if column.person else "")
        yield f"| `{column.name}` | {column.kind.value} | {about} |"


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is stale; gives the exit code."""
    page = PAGE.read_text("utf-8")
    if (fresh := manual(page)) == page:
        return 0
    if "--write" not in arguments:
        sys.stdout.write(f"{PAGE.name}: stale\n")
        return 1
    PAGE.write_text(fresh, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
