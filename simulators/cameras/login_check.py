"""What a camera asks of whoever logs in: Basic (RFC 7617) and Digest with MD5 or SHA-256 (RFC 7616)."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Literal

Scheme = Literal["Basic", "MD5", "SHA-256"]
Verdict = Literal["ok", "stale", "wrong"]
_PART = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]*))')
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class CameraLogin:
    """``schemes``: all that are offered, in this order. ``quality``: with qop=auth, as newer cameras ask."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    schemes: tuple[Scheme, ...] = ("MD5",)
    quality: bool = False
    realm: str = "epihub camera"


class Doorkeeper:
    """Of one camera. Nonces are numbered; ``uses``: after so many requests one is stale, 0: never."""

    def __init__(self, login: CameraLogin, seed: str) -> None:
        self.login = login
        self._seed = seed
        self._number = 0
        self._used = 0
        self.uses = 0

    @property
    def nonce(self) -> str:
        return hashlib.sha256(f"{self._seed} {self._number}".encode()).hexdigest()[:32]

    def asked(self, *, stale: bool = False) -> str:
        """``WWW-Authenticate``, one line a scheme."""
        return "\n".join(self._challenge(scheme, stale=stale) for scheme in self.login.schemes)

    def _challenge(self, scheme: Scheme, *, stale: bool) -> str:
        if scheme == "Basic":
            return f'Basic realm="{self.login.realm}"'
        told = f'Digest realm="{self.login.realm}", nonce="{self.nonce}"'
        if scheme != "MD5":
            told += f", algorithm={scheme}"
        if self.login.quality:
            told += ', qop="auth"'
        return told + (", stale=TRUE" if stale else "")

    def check(self, header: str, method: str) -> Verdict:
        """``header``: ``Authorization`` of a request, empty where it has none."""
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "basic" and "Basic" in self.login.schemes:
            told = base64.b64encode(f"{self.login.user}:{self.login.password}".encode()).decode()
            return "ok" if rest.strip() == told else "wrong"
        return self._digest(rest, method) if scheme.lower() == "digest" else "wrong"

    def _digest(self, rest: str, method: str) -> Verdict:
        parts = {name.lower(): quoted or plain for name, quoted, plain in _PART.findall(rest)}
        algorithm = parts.get("algorithm", "MD5").upper()
        if algorithm not in self.login.schemes or parts.get("username") != self.login.user:
            return "wrong"
        nonce = parts.get("nonce", "")
        if parts.get("response") != self._response(algorithm, nonce, parts, method):
            return "wrong"
        if nonce != self.nonce:
            return "stale"
        self._used += 1
        if self.uses and self._used > self.uses:
            self._number, self._used = self._number + 1, 0
            return "stale"
        return "ok"

    def _response(self, algorithm: str, nonce: str, parts: dict[str, str], method: str) -> str:
        def hashed(text: str) -> str:
            return _HASHES[algorithm](text.encode()).hexdigest()

        who = hashed(f"{self.login.user}:{self.login.realm}:{self.login.password}")
        what = hashed(f"{method}:{parts.get('uri', '')}")
        if self.login.quality:
            counted = f"{parts.get('nc', '')}:{parts.get('cnonce', '')}:{parts.get('qop', '')}"
            return hashed(f"{who}:{nonce}:{counted}:{what}")
        return hashed(f"{who}:{nonce}:{what}")
