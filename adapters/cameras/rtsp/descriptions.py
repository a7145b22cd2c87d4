"""What a camera says of its streams: SDP (RFC 4566), as far as video over RTP needs it.

The first H.264 (RFC 6184) or H.265 (RFC 7798) video is taken. Where Content-Base or a control names another
host than ours (cameras behind address translation do), only its path counts.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.cameras.rtsp.facts import SLOWEST_FRAME_SECONDS, Codec
from adapters.cameras.rtsp.messages import number
from adapters.cameras.rtsp.sequence_parameters import LONGEST_SET_BYTES

MOST_LINES = 500
LONGEST_CONTROL = 500
_CODECS: dict[str, Codec] = {"h264": "h264", "h265": "h265", "hevc": "h265"}
PLAYED_BY_LIBAV = "mjpeg"
# What other cameras send, as a code of ours.
_OTHERS = {
    "jpeg": PLAYED_BY_LIBAV,
    "mp4v-es": "mpeg4",
    "mpv": "mpeg2",
    "vp8": "vp8",
    "vp9": "vp9",
    "av1": "av1",
}
_STATIC = {26: "jpeg", 32: "mpv"}  # RFC 3551, table 5
_RATE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,9})?")
_SETS = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")


class NoVideo(Exception):
    """Nothing here that we read; ``detail``: a code for what is there instead, or empty."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """``control`` as the camera wrote it; ``parameter_sets``: NAL units without start codes, in order.

    ``frame_seconds``: from one frame to the next, as it says; 0.0: it does not.
    """

    codec: Codec
    payload_type: int
    clock_rate: int = 90_000
    control: str = ""
    parameter_sets: tuple[bytes, ...] = ()
    frame_seconds: float = 0.0


@dataclass
class _Media:
    kind: str
    payload_types: tuple[int, ...]
    control: str = ""
    frame_seconds: float = 0.0
    encodings: dict[int, tuple[str, int]] | None = None
    formats: dict[int, str] | None = None


def read_description(raw: bytes) -> VideoTrack:
    """The video track to ask for; raises NoVideo."""
    others = ""
    for media in _medias(raw.decode("latin-1").splitlines()[:MOST_LINES]):
        if media.kind != "video":
            continue
        for payload_type in media.payload_types:
            name, rate = (media.encodings or {}).get(payload_type, (_STATIC.get(payload_type, ""), 90_000))
            codec = _CODECS.get(name)
            if codec is not None:
                sets = _parameter_sets((media.formats or {}).get(payload_type, ""))
                return VideoTrack(codec, payload_type, rate, media.control, sets, media.frame_seconds)
            others = others or _OTHERS.get(name, "")
    raise NoVideo(others)


def described_frame_seconds(raw: bytes) -> float:
    """Of its first video, whatever that is: from one frame to the next, as it says; 0.0: it does not."""
    medias = _medias(raw.decode("latin-1").splitlines()[:MOST_LINES])
    return next((media.frame_seconds for media in medias if media.kind == "video"), 0.0)


def _medias(lines: list[str]) -> list[_Media]:
    medias: list[_Media] = []
    for line in lines:
        kind, _, value = line.strip().partition("=")
        if kind == "m":
            words = value.split()
            types = (number(word) for word in words[3:11])
            medias.append(
                _Media(words[0] if words else "", tuple(each for each in types if each is not None))
            )
        elif kind == "a" and medias:
            _attribute(medias[-1], value)
    return medias


def _attribute(media: _Media, value: str) -> None:
    name, _, rest = value.partition(":")
    if name == "control":
        control = rest.strip()[:LONGEST_CONTROL]
        media.control = control if _is_plain(control) else ""
        return
    if name == "framerate":
        media.frame_seconds = _frame_seconds(rest.strip())
        return
    payload_type, _, said = rest.strip().partition(" ")
    at = number(payload_type)
    if at is None:
        return
    if name == "rtpmap":
        encoding, _, rate = said.strip().partition("/")
        clock_rate = number(rate.partition("/")[0]) or 90_000
        media.encodings = {**(media.encodings or {}), at: (encoding.lower(), clock_rate)}
    elif name == "fmtp":
        media.formats = {**(media.formats or {}), at: said}


def _frame_seconds(rate: str) -> float:
    """RFC 8866, 6.13: frames a second, a fraction is allowed."""
    frames_a_second = float(rate) if _RATE.fullmatch(rate) else 0.0
    return min(SLOWEST_FRAME_SECONDS, 1 / frames_a_second) if frames_a_second else 0.0


def _parameter_sets(said: str) -> tuple[bytes, ...]:
    values: dict[str, str] = {}
    for each in said.split(";"):
        name, _, value = each.strip().partition("=")
        values[name.strip().lower()] = value.strip()
    written = [part for name in _SETS for part in values.get(name, "").split(",") if part][:16]
    sets = (_decoded(part) for part in written)
    return tuple(each for each in sets if 1 < len(each) <= LONGEST_SET_BYTES)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (NotBase64, ValueError):
        return b""


def control_urls(authority: str, url: str, content_base: str, control: str) -> tuple[str, str]:
    """What SETUP and PLAY name: the track and the whole. ``authority``: ours, as ``rtsp://10.1.2.3:554``."""
    base = authority + _path_of(content_base) if _path_of(content_base) else url
    if control in ("", "*"):
        return base, base
    if control.startswith(("rtsp://", "rtsps://")):
        return (authority + _path_of(control) if _path_of(control) else base), base
    if control.startswith("/"):
        return authority + control, base
    return base + ("" if base.endswith("/") else "/") + control, base


def _path_of(url: str) -> str:
    """Path and query of an absolute URL; empty where they cannot be used."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if _is_plain(path) else ""


def _is_plain(text: str) -> bool:
    """Whether it can be written into a request as it is."""
    return text.isascii() and text.isprintable() and " " not in text
