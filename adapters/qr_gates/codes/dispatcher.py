"""One dispatcher for all codes: the first family that knows the bytes by their beginning reads them."""

import importlib
import pkgutil
from collections.abc import Iterable
from importlib.resources import files

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes import families
from adapters.qr_gates.codes.delimited_family import family_of
from adapters.qr_gates.codes.shown_code import MOST_BYTES, MOST_FIELDS, Family, ShownCode, UnreadableCode

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def built_in_families() -> list[Family]:
    """Every module of ``families`` and every description in ``delimited``."""
    found: list[Family] = [
        importlib.import_module(f"{families.__name__}.{each.name}").FAMILY
        for each in pkgutil.iter_modules(families.__path__)
    ]
    folder = files("adapters.qr_gates.codes").joinpath("delimited")
    return found + [
        family_of(each.read_text("utf-8")) for each in folder.iterdir() if each.name.endswith(".toml")
    ]


class Dispatcher:
    """``more``: families of the configuration, before the built-in ones of the same precedence."""

    def __init__(self, trust: TrustList, more: Iterable[Family] = ()) -> None:
        self._trust = trust
        self._families = sorted([*more, *built_in_families()], key=lambda family: family.precedence)

    def read(self, raw: bytes) -> ShownCode:
        """What ``raw`` says, without the scanner's framing; raises UnreadableCode."""
        raw = raw.removeprefix(BYTE_ORDER_MARK)  # families know a code by its first bytes
        if not raw.strip():
            raise UnreadableCode("code.empty")
        if len(raw) > MOST_BYTES or raw.count(b"|") > MOST_FIELDS:
            raise UnreadableCode("code.too_long")
        for family in self._families:
            if family.sniffs(raw):
                return family.read(raw, self._trust)
        raise UnreadableCode("code.unknown")
