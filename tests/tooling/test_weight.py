"""Importing the product loads nothing heavy: what few installations need is imported where it is used."""

import subprocess
import sys

import pytest

from tools.tree import PACKAGES, ROOT

HEAVY = (
    "cv2",
    "av",
    "numpy",
    "pandas",
    "reportlab",
    "openpyxl",
    "influxdb_client",
    "duckdb",
    "asyncpg",
    "hl7apy",
)
IMPORT_ALL = """
import importlib, pkgutil, sys
for package in sys.argv[1].split(","):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print(*(name for name in sys.argv[2].split(",") if name in sys.modules))
"""


@pytest.mark.slow
def test_no_module_loads_a_heavy_library() -> None:
    command = [sys.executable, "-c", IMPORT_ALL, ",".join(PACKAGES), ",".join(HEAVY)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
