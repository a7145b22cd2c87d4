"""What the store reads back is what the hub took in, to the last default."""

import msgspec
import pytest

from hub.reported import REPORTED, Declaration, Reported
from storage.reported_payloads import reader_of
from tests.conformance.reported_facts import ONE_OF_EACH


@pytest.mark.parametrize("told", ONE_OF_EACH, ids=lambda told: told.TYPE)
def test_it_reads_what_the_bus_reads(told: Reported) -> None:
    read, data = reader_of(told.TYPE), msgspec.json.encode(told)
    first, second = read(data), read(data)
    assert (first, second) == (told, told)
    assert type(first) is type(told)
    assert first is not second
    assert {payload.TYPE for payload in REPORTED} == {each.TYPE for each in ONE_OF_EACH}


def test_one_payload_leaves_nothing_in_the_next() -> None:
    full, bare = ONE_OF_EACH[1], ONE_OF_EACH[0]
    read = reader_of(Declaration.TYPE)
    assert [read(msgspec.json.encode(each)) for each in (full, bare, full)] == [full, bare, full]
    with pytest.raises(KeyError):
        reader_of("lab.result.v1")
