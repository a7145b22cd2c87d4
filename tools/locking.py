"""Writes ``requirements/*.txt``: every package of every platform pinned, with the hash of each of its files.

``run`` is what epihub needs, ``build`` what installs it, ``test`` all of it and what the tests need, ``lock``
what writes locks. The later ones take the versions of the earlier ones. No file names an index: where
packages come from is the machine's setting, and the hashes say whether they are the right ones.
"""

from tools.environment import ensure, pip_install, run
from tools.progress import step
from tools.tree import LOCKS, program

SOURCES: dict[str, tuple[str, ...]] = {
    "run": ("pyproject.toml", "--all-extras"),
    "build": ("--group", "build"),
    "test": ("pyproject.toml", "--all-extras", "--group", "build", "--group", "test"),
    "lock": ("--group", "lock"),
}
OPTIONS = (
    "--universal",
    "--generate-hashes",
    "--python-version=3.11",
    "--only-binary=:all:",
    "--no-annotate",
    "--custom-compile-command=./dev lock",
    "--quiet",
)


def write_locks(*, upgrade: bool) -> None:
    """Resolve again from pyproject.toml; versions stay unless it, or ``upgrade``, asks for others."""
    ensure("run")
    with step("installing the resolver") as report:
        pip_install(["--require-hashes", "--only-binary", ":all:", "-r", str(LOCKS / "lock.txt")], report, 1)
    earlier: list[str] = []
    for name, sources in SOURCES.items():
        target = LOCKS / f"{name}.txt"
        with step(f"resolving {target.name}"):
            constraints = [argument for path in earlier for argument in ("--constraints", path)]
            newest = ["--upgrade"] if upgrade else []
            run(
                [
                    program("uv"),
                    "pip",
                    "compile",
                    *sources,
                    *OPTIONS,
                    *constraints,
                    *newest,
                    "-o",
                    str(target),
                ]
            )
        earlier.append(str(target))
