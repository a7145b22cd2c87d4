"""From a plan to a clip: pictures drawn, spoilt, encoded, and taken apart into NAL units."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext

from simulators.cameras.clip_plans import ClipPlan
from simulators.cameras.clips import Clip, Unit, is_key, is_parameter_set, is_slice, split
from simulators.cameras.films import Film
from simulators.cameras.picture_faults import CHANGES
from simulators.cameras.scenes import Picture, Scene

_ENCODERS = {"h264": "libx264", "h265": "libx265", "mjpeg": "mjpeg"}
_FORMATS = {"h264": "yuv420p", "h265": "yuv420p", "mjpeg": "yuvj420p"}


def encode(plan: ClipPlan) -> Clip:
    """Some seconds of one core for a large one; needs the extra ``camera``."""
    encoder = _encoder(plan)
    if plan.codec == "mjpeg":
        return Clip(plan, (), tuple(Unit((file,), key=True) for file in _packets(encoder, plan)))
    units: list[Unit] = []
    sets: dict[bytes, None] = {}
    for packet in _packets(encoder, plan):
        nals = split(packet)
        sets.update((nal, None) for nal in nals if is_parameter_set(nal, plan.codec))
        slices = tuple(nal for nal in nals if is_slice(nal, plan.codec))
        units.append(Unit(slices, any(is_key(nal, plan.codec) for nal in slices)))
    return Clip(plan, tuple(sets), tuple(units))


def pictures(plan: ClipPlan) -> Iterator[Picture]:
    """Those of the loop, before the encoder; a frozen camera gives its first one for ever."""
    scene = _place(plan)
    loop_seconds = plan.frames / plan.frames_a_second
    change = CHANGES.get(plan.fault)
    for number in range(plan.frames):
        moment = 0 if plan.fault == "frozen" else number
        second = moment / plan.frames_a_second
        picture = scene.picture(second, loop_seconds, moment)
        if change is not None:
            picture = change(picture, plan.severity)
        if plan.fault != "no_signal":  # the card is the encoder's own, and all there is
            scene.sign(picture, second)
        yield picture


def _place(plan: ClipPlan) -> Film | Scene:
    if plan.film:
        return Film(Path(plan.film), plan.width, plan.height, plan.scene)
    return Scene(plan.scene, plan.width, plan.height, night=plan.night)


def _packets(encoder: VideoCodecContext, plan: ClipPlan) -> Iterator[bytes]:
    for number, picture in enumerate(pictures(plan)):
        frame = av.VideoFrame.from_ndarray(picture.planar(), format=_FORMATS[plan.codec])
        frame.pts = number
        yield from map(bytes, encoder.encode(frame))
    yield from map(bytes, encoder.encode(None))


def _encoder(plan: ClipPlan) -> VideoCodecContext:
    """As cameras encode: no B frames, keyframes at fixed places, an even bit rate. Raises ValueError."""
    if plan.codec == "h265" and plan.slices > 1:  # x265 without its thread pool frees what it must not
        raise ValueError("several slices a picture: H.264 only")
    encoder = VideoCodecContext.create(_ENCODERS[plan.codec], "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = plan.width, plan.height, _FORMATS[plan.codec]
    encoder.time_base = Fraction(1, plan.frames_a_second)
    encoder.framerate = Fraction(plan.frames_a_second)
    encoder.bit_rate = plan.bits_a_second
    encoder.thread_count = 1
    encoder.options = _options(plan)
    return encoder


def _options(plan: ClipPlan) -> dict[str, str]:
    if plan.codec == "mjpeg":
        return {"huffman": "default"}  # RFC 2435 has no room for others
    kilobits = plan.bits_a_second // 1000
    common: dict[str, str | int] = {
        "keyint": plan.group, "min-keyint": plan.group, "scenecut": 0, "bframes": 0, "repeat-headers": 1,
        "vbv-maxrate": kilobits * 2, "vbv-bufsize": kilobits * 2, "rc-lookahead": 0, "slices": plan.slices,
    }  # fmt: skip
    if plan.codec == "h265":
        common |= {"log-level": "none", "pools": "none", "frame-threads": 1, "open-gop": 0}
    told = ":".join(f"{name}={value}" for name, value in common.items())
    preset = "veryfast" if plan.codec == "h264" else "ultrafast"
    return {"preset": preset, "x264-params" if plan.codec == "h264" else "x265-params": told}
