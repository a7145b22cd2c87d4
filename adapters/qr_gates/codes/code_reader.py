"""Codes as one gate reads them: one after the other, for some cards come in several parts."""

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.card_parts import CardParts
from adapters.qr_gates.codes.dispatcher import Dispatcher
from adapters.qr_gates.codes.families.smart_health_card import part_of, read_text
from adapters.qr_gates.codes.shown_code import Family, PartOfCode, ShownCode, UnreadableCode

FAULT = "code.reader_fault"


class CodeReader:
    """``more``: families of the configuration."""

    def __init__(self, trust: TrustList, more: tuple[Family, ...] = ()) -> None:
        self._trust = trust
        self._dispatcher = Dispatcher(trust, more)
        self._parts = CardParts()

    def read(self, raw: bytes, at_ms: int) -> ShownCode | UnreadableCode:
        """What it says, or why it says nothing; never raises, whatever the bytes are."""
        try:
            return self._dispatcher.read(raw)
        except PartOfCode as part:
            return self._joined(raw, at_ms, part)
        except UnreadableCode as refusal:
            return refusal
        except Exception:  # noqa: BLE001 - a poison code must not stop a gate; its bytes are kept
            return UnreadableCode(FAULT)

    def _joined(self, raw: bytes, at_ms: int, part: PartOfCode) -> ShownCode | UnreadableCode:
        whole = self._parts.add(part_of(raw), at_ms)
        if whole is None:
            return part
        try:
            return read_text(whole, self._trust)
        except UnreadableCode as refusal:
            return refusal
