"""Event ids (design 4): made from content, so that a resend is the same event."""

from hashlib import sha256

_TIME_MASK = (1 << 48) - 1
_VERSION_8 = 0x8
_VARIANT = 0b10


def event_id(
    *, time_ms: int, device: str, event_type: str, key: str, data: bytes, supersedes: str = ""
) -> str:
    """UUIDv8 (RFC 9562, 5.8): 48 bits of ``time_ms``, then SHA-256 over what the event says.

    Neither ``key`` nor ``data`` may hold transport facts. ``time_ms`` is 0 when the device gave no
    time of its own, so that the next upload of the same content is the same event.
    """
    names = "\x1f".join((device, event_type, key, supersedes)).encode()
    digest = int.from_bytes(sha256(b"%d\n%b\n%b" % (len(names), names, data)).digest()[:10], "big")
    high = (time_ms & _TIME_MASK) << 80 | _VERSION_8 << 76 | (digest >> 62 & 0xFFF) << 64
    value = f"{high | _VARIANT << 62 | digest & (1 << 62) - 1:032x}"
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def id_bytes(event: str) -> bytes:
    """The 16 bytes of an event id; raises ValueError."""
    value = bytes.fromhex(event.replace("-", ""))
    if len(value) != 16:
        raise ValueError("an event id has 16 bytes")
    return value


def id_text(value: bytes) -> str:
    digits = value.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
