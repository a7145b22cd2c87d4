"""Clips by their plans: kept in a folder, packed once for all cameras that show them."""

import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path

from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.clips import Clip, read_clip, write_clip
from simulators.cameras.ready_frames import ReadyClip
from simulators.cameras.rtp_payloads import Packing

LARGEST_PLANS = 10_000_000


class ClipStore:
    """``folder`` None: nothing is kept beyond this process."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.ready = cache(self._ready)
        self.clip = cache(self._clip)

    def _ready(self, plan: ClipPlan, packing: Packing) -> ReadyClip:
        return ReadyClip(self.clip(plan), packing)

    def _clip(self, plan: ClipPlan) -> Clip:
        path = self.folder / plan.name if self.folder is not None else None
        if path is not None and path.exists():
            return read_clip(path)
        from simulators.cameras.encoding import encode  # the extra `camera`: only who makes footage needs it

        clip = encode(plan)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_clip(clip, path)
        return clip

    def missing(self, plans: Iterable[ClipPlan]) -> list[ClipPlan]:
        """Those that are not in the folder."""
        assert self.folder is not None, "only a folder outlives this process"
        return [plan for plan in dict.fromkeys(plans) if not (self.folder / plan.name).exists()]

    async def make(self, plans: Iterable[ClipPlan]) -> None:
        """What is missing, in a process of its own that ends: encoders keep their memory. Raises OSError."""
        missing = self.missing(plans)
        if not missing:
            return
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "simulators.cameras.clip_store",
            str(self.folder),
            stdin=asyncio.subprocess.PIPE,
        )
        try:
            await process.communicate(json.dumps([asdict(plan) for plan in missing]).encode())
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise OSError(f"footage could not be made (status {process.returncode})")


def main() -> None:
    """``python -m simulators.cameras.clip_store FOLDER``, with plans on standard input."""
    store = ClipStore(Path(sys.argv[1]))
    try:
        for told in json.loads(sys.stdin.buffer.read(LARGEST_PLANS)):
            store.clip(ClipPlan(**told))
    except OSError as error:
        sys.exit(f"footage: {error}")


if __name__ == "__main__":
    main()
