"""SDP of a camera (RFC 8866), with its parameter sets where it tells them there."""

import base64

from simulators.cameras.clips import Clip
from simulators.cameras.ready_frames import JPEG_PAYLOAD_TYPE, PAYLOAD_TYPE

# RFC 3551: PCMU needs no more words.
_MICROPHONE = ("m=audio 0 RTP/AVP 0", "a=control:trackID=2")


def description(
    clip: Clip, *, sets: bool = True, codec: str = "", audio: bool = False, rate: float = 0.0
) -> str:
    """``sets``: with parameter sets. ``codec``: another name than what is really sent. ``audio``: as well.

    ``rate``: another one than what is really sent; 0.0: its own.
    """
    name = codec or clip.codec.upper()
    told = _told_sets(clip) if sets and not codec and clip.parameter_sets else ""
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=epihub camera",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        *(_MICROPHONE if audio else ()),
        *_media(clip, name, told),
        f"a=framerate:{rate or clip.plan.frames_a_second}",
        "a=control:trackID=1",
    ]
    return "\r\n".join(lines) + "\r\n"


def _media(clip: Clip, name: str, told: str) -> tuple[str, ...]:
    if clip.codec == "mjpeg" and name == "MJPEG":
        return (f"m=video 0 RTP/AVP {JPEG_PAYLOAD_TYPE}",)
    return (
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {name}/90000",
        f"a=fmtp:{PAYLOAD_TYPE} {_profile(clip)}{told}",
    )


def _profile(clip: Clip) -> str:
    if clip.codec != "h264":
        return "tx-mode=SRST"
    return f"packetization-mode=1;profile-level-id={clip.parameter_sets[0][1:4].hex()}"


def _told_sets(clip: Clip) -> str:
    coded = [base64.b64encode(nal).decode() for nal in clip.parameter_sets]
    if clip.codec == "h264":
        return f";sprop-parameter-sets={','.join(coded)}"
    return "".join(f";sprop-{name}={value}" for name, value in zip(("vps", "sps", "pps"), coded, strict=True))
