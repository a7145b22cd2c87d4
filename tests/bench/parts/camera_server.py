"""Simulated cameras in a process of their own: one clip, many cameras. Prints its port when it is ready.

A line of standard input, {camera fault how}, is answered with {camera fault at}: when it began, Unix seconds.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.clip_store import ClipStore
from simulators.cameras.login_check import CameraLogin
from simulators.cameras.rtsp_server import RtspServer
from simulators.cameras.simulated_camera import SimulatedCamera

USER, PASSWORD = "bench", "bench-camera"


async def serve(asked: argparse.Namespace) -> None:
    plan = ClipPlan(**json.loads(asked.clip))
    login = CameraLogin(USER, PASSWORD)
    cameras = [
        SimulatedCamera(f"cam-{number:03d}", plan, login if asked.login else None)
        for number in range(asked.cameras)
    ]
    async with RtspServer("127.0.0.1", asked.port, cameras, clips=ClipStore(asked.folder)) as server:
        if asked.cameras:
            _ = server.states["cam-000"].ready
        print(server.port, flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            told = json.loads(line)
            server.fault(told["camera"], told["fault"], **told.get("how", {}))
            print(json.dumps(told | {"at": time.time()}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, required=True)
    parser.add_argument("--clip", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--login", action="store_true")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
