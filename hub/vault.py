"""The edge's keys and what they seal: captures (AES-256-GCM), and the file that carries the province key.

Keys are files of 32 random bytes in hex, mode 0600, made at first start. They never leave the
edge but by ``export_keys``, sealed under a passphrase (scrypt, RFC 7914: N=2^15, r=8, p=1).
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from hub.edge_pseudonyms import EdgePseudonyms
from hub.entropy import Entropy
from hub.errors import OperatorError
from hub.key_file import KEY_BYTES, load_key, load_or_make_key, write_key
from hub.pseudonyms import KeyedPseudonyms
from hub.visit_keys import VisitKeys

KEYS = "keys"  # their folder in the data directory
NONCE_BYTES = 12
CAPTURE_KEY = "capture.key"
PROVINCE_KEY = "province.key"
EDGE_KEY = "edge.key"
VISITS = "visits"  # their folder


class Vault:
    """Reads or makes the keys of one data directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def sealer(self) -> "Sealer":
        """Seals with this edge's key; opens also what an imported capture key sealed."""
        own = load_or_make_key(self.directory / CAPTURE_KEY)
        return Sealer(own, *(load_key(path) for path in sorted(self.directory.glob("escrow-*.key"))))

    def pseudonyms(self) -> KeyedPseudonyms:
        """Under the province key; weak under the edge's own while that has not been carried here."""
        key, weak = self._pseudonym_key()
        return KeyedPseudonyms(key, weak=weak)

    def edge_pseudonyms(self, now_ms: Callable[[], int], visit_keep_days: int) -> EdgePseudonyms:
        """The same, and visits under this edge's weekly keys."""
        key, weak = self._pseudonym_key()
        return EdgePseudonyms(key, weak=weak, visits=self.visit_keys(visit_keep_days), now_ms=now_ms)

    def visit_keys(self, keep_days: int) -> VisitKeys:
        """Weekly ones, in a folder of their own."""
        return VisitKeys(self.directory / VISITS, keep_days)

    def make_province_key(self) -> None:
        """Once in a province (``epihub init``); an existing one is kept."""
        load_or_make_key(self.directory / PROVINCE_KEY)

    def export_keys(self, passphrase: str) -> bytes:
        names = [name for name in (PROVINCE_KEY, CAPTURE_KEY) if (self.directory / name).exists()]
        if not names:
            raise OperatorError(f"no keys in {self.directory}")
        keys = {name: load_key(self.directory / name).hex() for name in names}
        salt, nonce = os.urandom(16), os.urandom(NONCE_BYTES)
        sealed = AESGCM(_stretch(passphrase, salt)).encrypt(
            nonce, json.dumps(keys).encode(), b"epihub vault 1"
        )
        parts = {"epihub_vault": 1, "salt": salt, "nonce": nonce, "sealed": sealed}
        return json.dumps(
            {k: b64encode(v).decode() if isinstance(v, bytes) else v for k, v in parts.items()}
        ).encode()

    def import_keys(self, sealed_file: bytes, passphrase: str) -> list[str]:
        """Take the province key over, and the other edge's capture key to open its captures with.

        An existing different key is never overwritten: OperatorError, and nothing was changed.
        """
        keys = {self._place(name, key): key for name, key in _open_sealed(sealed_file, passphrase).items()}
        for path, key in keys.items():
            if path.exists() and load_key(path) != key:
                raise OperatorError(f"{path.name} exists here with another key; nothing was changed")
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        taken = sorted(path for path in keys if not path.exists())
        for path in taken:
            write_key(path, keys[path])
        return [path.name for path in taken]

    def _pseudonym_key(self) -> tuple[bytes, bool]:
        province = self.directory / PROVINCE_KEY
        if province.exists():
            return load_key(province), False
        return load_or_make_key(self.directory / EDGE_KEY), True

    def _place(self, name: str, key: bytes) -> Path:
        if name == CAPTURE_KEY:
            name = f"escrow-{sha256(b'epihub key id' + key).hexdigest()[:8]}.key"
        return self.directory / name


class Sealer:
    """Seals captures; the capture's id is bound in, so that rows cannot be swapped.

    ``others``: keys that may have sealed what is opened here, of an edge whose captures came back.
    """

    def __init__(self, key: bytes, *others: bytes) -> None:
        self._cipher = AESGCM(key)
        self._others = tuple(AESGCM(other) for other in others)
        self._entropy = Entropy()
        self.identity_key = key[::-1]  # keys the digest that tells a repeated frame (spool.captures)

    def seal(self, capture: bytes, plain: bytes) -> bytes:
        nonce = self._entropy.take(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, capture)

    def open(self, capture: bytes, sealed: bytes) -> bytes:
        """Raises OperatorError."""
        for cipher in (self._cipher, *self._others):
            with suppress(InvalidTag):
                return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], capture)
        raise OperatorError("the capture was sealed with another key, or is damaged")


def _open_sealed(sealed_file: bytes, passphrase: str) -> dict[str, bytes]:
    """The keys by name; raises OperatorError, also for a file that was sealed with other contents."""
    try:
        parts = json.loads(sealed_file)
        key = _stretch(passphrase, b64decode(parts["salt"]))
        plain = AESGCM(key).decrypt(b64decode(parts["nonce"]), b64decode(parts["sealed"]), b"epihub vault 1")
        keys = {name: bytes.fromhex(value) for name, value in json.loads(plain).items()}
    except InvalidTag as error:
        raise OperatorError("wrong passphrase, or the file is damaged") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OperatorError("this is not an epihub vault file") from error
    if not keys.keys() <= {PROVINCE_KEY, CAPTURE_KEY} or any(len(key) != KEY_BYTES for key in keys.values()):
        raise OperatorError("this is not an epihub vault file")
    return keys


def _stretch(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=2**15, r=8, p=1).derive(passphrase.encode())
