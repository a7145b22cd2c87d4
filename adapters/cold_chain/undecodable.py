"""What a decoder raises, whatever the bytes are; nothing else leaves it."""


class Undecodable(ValueError):
    """No message of this dialect; ``reason`` is a code, ``place`` holds none of the bytes."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place
