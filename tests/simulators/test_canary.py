from datetime import UTC, datetime

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from simulators.lab.canary import canary_messages

AT = datetime(2021, 8, 5, 7, 30, tzinfo=UTC)
MESSAGES = canary_messages(100, seed=5, at=AT)


def test_control_ids_are_unique_and_name_nobody() -> None:
    assert len({control_id for control_id, _, _ in MESSAGES}) == 100
    assert not any(word in control_id for control_id, _, identities in MESSAGES for word in identities)


def test_every_identity_can_be_found_in_the_bytes() -> None:
    for _, message, identities in MESSAGES:
        text = message.decode().replace("^", " ")
        assert all(identity in text for identity in identities)


def test_identities_are_of_one_patient_each() -> None:
    seen = [identity for _, _, identities in MESSAGES for identity in identities]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("place", ["PID", "NTE", "OBR", "OBX"])
def test_identities_stand_in_many_places(place: str) -> None:
    def holds(message: bytes, words: tuple[str, ...]) -> bool:
        lines = [line for line in message.decode().replace("^", " ").split("\r") if line.startswith(place)]
        return any(word in line for word in words for line in lines)

    assert sum(holds(message, words) for _, message, words in MESSAGES) >= 80


def test_messages_are_valid_hl7() -> None:
    for _, message, _ in MESSAGES[:6]:
        parsed = parse_message(message.decode(), validation_level=VALIDATION_LEVEL.STRICT, find_groups=True)
        assert parsed.validate()


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert canary_messages(100, seed=5, at=AT) == MESSAGES
    assert canary_messages(100, seed=6, at=AT) != MESSAGES
