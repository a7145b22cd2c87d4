"""Base45 (RFC 9285): two bytes in three signs, fit for the alphanumeric mode of QR codes."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = bytes(ALPHABET.index(chr(each)) if chr(each) in ALPHABET else 255 for each in range(256))
_MOST_OF_TWO, _MOST_OF_ONE = 0xFFFF, 0xFF


def base45_decode(text: bytes) -> bytes:
    """Raises ValueError: signs outside the alphabet, a cut group, a group too large."""
    digits = text.translate(_VALUES)
    if 255 in digits or len(digits) % 3 == 1:
        raise ValueError("base45")
    whole = len(digits) - len(digits) % 3
    found = bytearray()
    for low, middle, high in zip(digits[0:whole:3], digits[1:whole:3], digits[2:whole:3], strict=True):
        value = low + 45 * middle + 2025 * high
        if value > _MOST_OF_TWO:
            raise ValueError("base45")
        found += value.to_bytes(2, "big")
    if whole < len(digits):
        value = digits[-2] + 45 * digits[-1]
        if value > _MOST_OF_ONE:
            raise ValueError("base45")
        found.append(value)
    return bytes(found)
