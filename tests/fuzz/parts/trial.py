"""Tries one input on one target, and keeps those that fail."""

from hashlib import sha256
from pathlib import Path

from tests.fuzz.parts.cost import require_few_calls, require_soon
from tests.fuzz.parts.mutation import smaller
from tests.fuzz.parts.target import Target, require

SEEDS = Path(__file__).parents[1] / "seeds"


def tried(target: Target, data: bytes, *, counted: bool = False) -> Exception | None:
    """What is wrong with ``data``, if anything is; ``counted``: also with what it costs."""
    try:
        require_soon(lambda: target.check(data), f"{len(data)} bytes")
        if counted:
            require_few_calls(target, data)
    except Exception as error:  # noqa: BLE001 - any fault whatever is a find
        return error
    return None


def shortened(target: Target, data: bytes, error: Exception) -> bytes:
    """As short as it gets with the same kind of fault."""

    def fails(shorter: bytes) -> bool:
        found = tried(target, shorter, counted=False)
        return type(found) is type(error) and str(found)[:40] == str(error)[:40]

    return smaller(data, fails) if fails(data) else data


def keep(folder: Path, target: Target, data: bytes, seed: int) -> Path:
    """Write a find where the suite will try it again; its name tells the seed it was found with."""
    place = folder / target.name
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{sha256(data).hexdigest()[:12]}-seed{seed}.bin"
    path.write_bytes(data)
    return path


def kept(target: Target, folder: Path = SEEDS) -> list[Path]:
    """The finds of a target so far."""
    return sorted((folder / target.name).glob("*.bin"))


def require_known(name: str, targets: dict[str, Target]) -> list[Target]:
    """The targets whose names begin so; raises Found when there are none."""
    found = [target for target in targets.values() if target.name.startswith(name)]
    require(bool(found), f"no target {name}; there are {', '.join(targets)}")
    return found
