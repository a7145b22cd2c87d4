"""What faults do to the packets of one picture on their way."""

from simulators.cameras.ready_frames import ReadyFrame
from simulators.cameras.simulated_camera import CameraState

_SPOILING = frozenset(("loss", "garbage", "half_frame"))
MOST_GARBAGE = 300


def spoilt(state: CameraState, frame: ReadyFrame, written: bytearray) -> tuple[bytes | bytearray, bool]:
    """The bytes that go out, and whether it is the last that ever does."""
    if not _SPOILING & state.faults.keys():
        return written, False
    if "half_frame" in state.faults:
        return written[: len(written) // 2], True
    random = state.random
    packets = frame.packets(written)
    if share := state.setting("loss", "share"):
        kept = [packet for packet in packets if random.random() >= share]
        state.counters.lost += len(packets) - len(kept)
        packets = kept
    nonsense = b""
    if random.random() < state.setting("garbage", "share"):
        nonsense = random.randbytes(random.randrange(1, MOST_GARBAGE)).replace(b"$", b"#")
    return nonsense + b"".join(packets), False
