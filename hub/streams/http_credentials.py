"""What a device's own web server wants of a user: Basic (RFC 7617) or Digest (RFC 7616). Pure."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple

_PART = re.compile(r'([A-Za-z0-9-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_ESCAPED = re.compile(r"\\(.)")
# Devices know MD5 (Hikvision) or SHA-256 (Shelly); the realm and nonce are theirs, so MD5 is what it is.
_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),
    "sha-256": hashlib.sha256,
}


class Asked(NamedTuple):
    """The request that was refused with 401; ``target`` is path and query."""

    method: str
    target: str


def authorization(
    challenge: str, asked: Asked, username: str, password: str, cnonce: str, count: int = 1
) -> str | None:
    """The header that answers ``challenge`` (WWW-Authenticate); None: a kind that is not spoken here.

    ``count``: how often its nonce was answered, with this time.
    """
    scheme, _, rest = challenge.strip().partition(" ")
    if scheme.lower() == "basic":
        return "Basic " + b64encode(f"{username}:{password}".encode()).decode()
    if scheme.lower() != "digest":
        return None
    return _digest(challenge_parts(rest), asked, username, password, cnonce, f"{count:08x}")


def is_spoken(challenge: str) -> bool:
    """Whether ``authorization`` answers it; costs no hash."""
    scheme, _, rest = challenge.strip().partition(" ")
    return scheme.lower() == "basic" or (scheme.lower() == "digest" and _is_answered(challenge_parts(rest)))


def challenge_parts(text: str) -> dict[str, str]:
    """What a challenge says behind its scheme; names in lower case."""
    return {found[1].lower(): _text(found) for found in _PART.finditer(text)}


def _digest(
    told: dict[str, str], asked: Asked, username: str, password: str, cnonce: str, count: str
) -> str | None:
    """With ``qop`` auth, or without one as RFC 2069 had it."""
    if not _is_answered(told):
        return None
    make = _HASHES[_algorithm(told)]

    def hashed(*parts: str) -> str:
        return make(":".join(parts).encode()).hexdigest()

    who, what = hashed(username, told["realm"], password), hashed(asked.method, asked.target)
    counted = (count, cnonce, "auth") if _qops(told) else ()
    parts = {
        "username": username,
        "realm": told["realm"],
        "nonce": told["nonce"],
        "uri": asked.target,
        "response": hashed(who, told["nonce"], *counted, what),
    }
    written = [f'{name}="{_quoted(value)}"' for name, value in parts.items()]
    written += [f"{name}={told[name]}" for name in ("algorithm",) if name in told]
    written += [f'opaque="{_quoted(told["opaque"])}"'] if "opaque" in told else []
    written += ["qop=auth", f"nc={count}", f'cnonce="{cnonce}"'] if _qops(told) else []
    return "Digest " + ", ".join(written)


def _algorithm(told: dict[str, str]) -> str:
    return told.get("algorithm", "md5").lower()


def _qops(told: dict[str, str]) -> set[str]:
    return {each.strip() for each in told["qop"].split(",")} if "qop" in told else set()


def _is_answered(told: dict[str, str]) -> bool:
    """A Digest of a kind that is spoken here."""
    is_whole = {"realm", "nonce"} <= told.keys()
    qops = _qops(told)
    return is_whole and _algorithm(told) in _HASHES and (not qops or "auth" in qops)


def _text(found: "re.Match[str]") -> str:
    return found[3] if found[2] is None else _ESCAPED.sub(r"\1", found[2])


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
