"""How often a camera refused our login, kept over a restart: an edge that restarts must not lock an account.

It counts for one address, user and password; with others the camera is asked anew.
"""

from hashlib import sha256
from hmac import compare_digest

from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.places import CameraPlace

NAME = "refused-logins"  # of the kept file
_MARK_BYTES = 16
_MOST = 255


def mark_of(place: CameraPlace, login: Login | None) -> bytes:
    """Of what is configured; it stands in a sealed file alone."""
    parts = (place.url, login.username if login else "", login.password if login else "")
    return sha256(b"\0".join(part.encode("utf-8", "surrogateescape") for part in parts)).digest()[
        :_MARK_BYTES
    ]


def written(count: int, mark: bytes) -> bytes:
    return bytes((min(count, _MOST),)) + mark


def counted(kept: bytes, mark: bytes) -> int:
    """0: none, or they were refused to another login."""
    return kept[0] if len(kept) == 1 + _MARK_BYTES and compare_digest(kept[1:], mark) else 0
