"""Importing the product loads nothing heavy: what few installations need is imported where it is used."""

import subprocess
import sys

import pytest

from tools.tree import PACKAGES, ROOT

HEAVY = (
    "cv2",
    "av",
    "numpy",
    "zxingcpp",
    "pandas",
    "reportlab",
    "openpyxl",
    "influxdb_client",
    "pyarrow",
    "duckdb",
    "asyncpg",
    "hl7apy",
)
# Imported where they are used: what judges pictures, in its confined process (adapters/cameras/keyframes);
# what draws them, in a process of the simulator's; a dialect of the store when the configuration names it
# (storage.open), what writes Parquet, what prints when somebody asks for paper
# (tests/documents/test_idle_imports.py holds the API process to that).
LATER = (
    "adapters.cameras.quality",
    "adapters.cameras.keyframes.decoding",
    "adapters.cameras.keyframes.demuxer",
    "adapters.cameras.keyframes.jpegs",
    "adapters.cameras.keyframes.masks",
    "adapters.cameras.keyframes.rehearsal",
    "adapters.cameras.keyframes.worker",
    "simulators.cameras.encoding",
    "simulators.cameras.films",
    "simulators.cameras.picture_faults",
    "simulators.cameras.scenes",
    "storage.exporting.parquet_rows",
    "storage.postgres",
    "api.reports.pdf_paper",
    "api.reports.cold_chain_monthly.day_chart",
    "api.reports.cold_chain_monthly.pdf_file",
    "api.reports.cold_chain_monthly.pdf_tables",
    "api.reports.frame.pdf_form",
    "api.reports.frame.xlsx_form",
)
IMPORT_ALL = """
import importlib, pkgutil, sys
def load(package):
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, package + "."):
        if module.name in sys.argv[3].split(",") or module.name.endswith("__main__"):
            continue
        if module.ispkg:
            load(module.name)
        else:
            importlib.import_module(module.name)
for package in sys.argv[1].split(","):
    load(package)
print(*(name for name in sys.argv[2].split(",") if name in sys.modules))
"""


@pytest.mark.slow
def test_no_module_loads_a_heavy_library() -> None:
    command = [sys.executable, "-c", IMPORT_ALL, ",".join(PACKAGES), ",".join(HEAVY), ",".join(LATER)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
