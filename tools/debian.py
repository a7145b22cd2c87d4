"""Programs from Debian that some tests drive: a browser, brokers, time-series servers, lines, strace."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.progress import say, step
from tools.tree import ROOT, DevError

# Program -> the packages that bring it. The font has every Vietnamese letter; chromium comes without any.
PACKAGES = {
    "chromium": ("chromium", "fonts-dejavu-core"),
    "mosquitto": ("mosquitto",),
    "socat": ("socat",),
    "strace": ("strace",),
    "rabbitmq-server": ("rabbitmq-server",),
    "victoria-metrics": ("victoria-metrics",),
    "influxd": ("influxdb",),
}
# Unpacked and not installed: their packages make users and enable services, and the tests need neither.
# The libraries of the two time-series servers (libc6, libzstd1) are on every Debian: dpkg itself needs them.
UNPACKED = {
    "rabbitmq-server": (
        "rabbitmq-server",
        *(f"erlang-{part}" for part in ("base", "crypto", "eldap", "ftp", "inets", "mnesia", "os-mon")),
        *(f"erlang-{part}" for part in ("parsetools", "public-key", "runtime-tools", "ssl", "syntax-tools")),
        *(f"erlang-{part}" for part in ("asn1", "tftp", "tools", "xmerl")),
    ),
    "victoria-metrics": ("victoria-metrics",),
    "influxd": ("influxdb",),
}
UNPACKED_IN = ROOT / "build" / "debian"
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
POLICY = Path("/usr/sbin/policy-rc.d")
APT = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}


def missing() -> list[str]:
    """Which programs the tests would not find, in a fixed order."""
    return [name for name in PACKAGES if not _is_there(name)]


def _is_there(name: str) -> bool:
    return unpacked(name).exists() or shutil.which(name, path=SEARCH_PATH) is not None


def unpacked(name: str) -> Path:
    """The root folder of a program that is unpacked; it may not be there."""
    return UNPACKED_IN / name


def ensure() -> dict[str, str]:
    """Install what is missing where we may; answer the variables that tests need.

    Without the right to install, tests that need a missing program are skipped, and a line says so;
    with ``CI=true`` a missing program is a failure.
    """
    if missing() and os.geteuid() == 0 and shutil.which("apt-get"):
        install(missing())
    required = os.environ.get("CI") == "true"
    if absent := missing():
        text = f"not on this machine: {', '.join(absent)} (apt install {' '.join(packages(absent))})"
        if required:
            raise DevError(text)
        say(f"{text}; the tests that need them are skipped")
    return {"PATH": SEARCH_PATH} | ({"EPIHUB_REQUIRE": ",".join(PACKAGES)} if required else {})


def packages(names: list[str]) -> list[str]:
    """The Debian packages that bring these programs."""
    return [package for name in names for package in PACKAGES[name]]


def install(names: list[str]) -> None:
    """``apt-get install`` without starting, or enabling, any service."""
    installed = [name for name in names if name not in UNPACKED]
    with step(f"installing {', '.join(names)} from Debian"), no_service_starts():
        apt_get("update")
        if installed:
            apt_get("install", "--yes", "--no-install-recommends", *packages(installed))
        for name in names:
            if name in UNPACKED:
                unpack(name)
        if "mosquitto" in names and shutil.which("deb-systemd-helper"):
            subprocess.run(
                ["deb-systemd-helper", "disable", "mosquitto.service"], capture_output=True, check=False
            )


def unpack(name: str) -> None:
    """A program and what its packages depend on, whole or not at all."""
    UNPACKED_IN.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=UNPACKED_IN) as temporary:
        folder = Path(temporary)
        apt_get("-o", "APT::Sandbox::User=root", "download", *UNPACKED[name], folder=folder)
        for package in sorted(folder.glob("*.deb")):
            subprocess.run(["dpkg-deb", "--extract", package, folder / "root"], check=True)
        (folder / "root").rename(unpacked(name))


def apt_get(*arguments: str, folder: Path | None = None) -> None:
    """Run apt-get quietly, in ``folder``; its words are shown only when it fails."""
    done = subprocess.run(
        ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | APT,
        check=False,
    )
    if done.returncode:
        raise DevError(f"{done.stdout}apt-get {arguments[0]} failed; its words are above")


@contextmanager
def no_service_starts() -> Iterator[None]:
    """Debian asks ``policy-rc.d`` before it starts a service; 101 means no. One already there stays."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
