"""How long a code is on a serial line: at low speeds that is most of what people wait for. Pure."""

from typing import Literal

CARD_BYTES = 132  # a citizen's card as people have them
CERTIFICATE_BYTES = 601  # a vaccination certificate, HC1

SlowFor = Literal["cards", "certificates"]


def line_ms(code_bytes: int, baud: int, bits: int = 8, parity: str = "N", stop_bits: int = 1) -> float:
    """Each character takes a start bit, its bits, a parity bit if there is one, and stop bits."""
    return code_bytes * (1 + bits + (parity != "N") + stop_bits) * 1000 / baud


def slow_for(
    budget_ms: float, baud: int, bits: int = 8, parity: str = "N", stop_bits: int = 1
) -> SlowFor | None:
    """What takes longer than ``budget_ms`` on the line alone; None: nothing."""
    if line_ms(CARD_BYTES, baud, bits, parity, stop_bits) > budget_ms:
        return "cards"
    return "certificates" if line_ms(CERTIFICATE_BYTES, baud, bits, parity, stop_bits) > budget_ms else None
