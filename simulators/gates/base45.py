"""Base45 (RFC 9285), the way there: what readers do is the product's own work."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def base45(data: bytes) -> str:
    """Two bytes are three letters, least significant first; a last odd byte is two."""
    letters: list[str] = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[digit])
    return "".join(letters)
