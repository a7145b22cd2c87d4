"""``python -m tools.dashboards [--write]``: whether docs/grafana is as the description; or make it so."""

import json
import sys
from pathlib import Path

from tools.dashboards.grafana import LANGUAGES, Language, dashboard
from tools.tree import ROOT

FOLDER = ROOT / "docs" / "grafana"


def path_of(language: Language) -> Path:
    return FOLDER / f"epihub-{language.name}.json"


def text_of(language: Language) -> str:
    return json.dumps(dashboard(language), ensure_ascii=False, indent=1) + "\n"


def main(arguments: list[str]) -> int:
    """0; 1 where a file is not as the description has it."""
    old = [each for each in LANGUAGES if not _is_new(each)]
    for each in old:
        print(f"{path_of(each).name}: {'written' if '--write' in arguments else 'not as described: --write'}")
        if "--write" in arguments:
            path_of(each).write_text(text_of(each), encoding="utf-8")
    return int(bool(old) and "--write" not in arguments)


def _is_new(language: Language) -> bool:
    path = path_of(language)
    return path.exists() and path.read_text("utf-8") == text_of(language)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
