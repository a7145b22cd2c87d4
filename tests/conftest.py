"""What tests of every part share."""

import os
import shutil
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def debian_program() -> Callable[[str], str]:
    """The path of a program that Debian brings (chromium, mosquitto, socat, strace).

    Without it the test is skipped, or fails where ``EPIHUB_REQUIRE`` names it, as ``./dev test`` does in CI.
    """
    required = os.environ.get("EPIHUB_REQUIRE", "").split(",")
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])

    def find(name: str) -> str:
        if path := shutil.which(name, path=search):
            return path
        if name in required:
            pytest.fail(f"{name} is required here and is not installed")
        pytest.skip(f"{name} is not installed (apt install {name})")

    return find
