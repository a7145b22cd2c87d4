"""What everybody hears of an entry: codes and numbers, and none of a person's words."""

from hypothesis import given, settings

from hub.alarms.incidents.actions import Check, Comment, Dispose
from hub.alarms.incidents.alarm_event import alarm_of, key_of
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry
from hub.events import encode_data
from tests.alarms.incidents.made import FREEZE, FRIDGE, MINUTE, SITE, episode, finding
from tests.alarms.incidents.stories import Step, steps, tell

few = settings(max_examples=40, deadline=None)


def test_an_entry_of_an_incident() -> None:
    book = Book()
    cold = episode(0, rule=FREEZE, severity="critical", worst=-700, inferred=True)
    (entry,) = book.assess([finding(cold, rule=FREEZE)], 60 * MINUTE)
    incident = book.find(entry.incident)
    alarm = alarm_of(entry, book.state(incident), incident)
    assert alarm.incident == cold.episode_id == key_of(entry)
    assert (alarm.kind, alarm.severity, alarm.state, alarm.subject) == ("FRZE", "critical", "UNACK", FRIDGE)
    assert alarm.since == "1970-01-01T00:00:00.000Z"
    assert (
        alarm.evidence == "metric=temp.vaccine version=fridge@1 raised=3600000 worst=-700 inferred=1 latch=1"
    )
    assert (alarm.change, alarm.entry, alarm.hash) == ("RAISED", 1, entry.hash)


def test_what_a_person_decided_is_heard_and_the_words_are_not() -> None:
    book = Book()
    book.assess([finding(episode(0, 70))], 80 * MINUTE)
    (name,) = book.incidents
    (entry,) = book.act(name, Dispose("3fb1c2aa", "bà Lan đã xem", decision="discard"), 90 * MINUTE)
    alarm = alarm_of(entry, book.state(book.find(name)), book.find(name))
    assert alarm.actor == "3fb1c2aa"
    assert "cleared=4200000" in alarm.evidence
    assert alarm.evidence.endswith("disposition=discard")
    assert "Lan" not in encode_data(alarm).decode()


def test_an_entry_of_a_device() -> None:
    (entry,) = Book().act_on_device(SITE, FRIDGE, Check("3fb1c2aa", round="PM"), 90 * MINUTE)
    alarm = alarm_of(entry, None)
    assert (alarm.incident, alarm.kind, alarm.state, alarm.evidence) == ("", "device", "CHECKED", "round=PM")
    assert key_of(entry) == "device/fridge-01"


@few
@given(steps)
def test_no_word_of_a_person_is_ever_heard(story: list[Step]) -> None:
    book = Book()
    entries: list[Entry] = tell(book, story)
    for entry in entries:
        incident = book.incidents.get(entry.incident)
        alarm = alarm_of(entry, book.state(incident) if incident else None, incident)
        assert encode_data(alarm).isascii()  # the words of the stories are not


def test_words_of_the_stories_are_kept() -> None:
    book = Book()
    book.assess([finding(episode(0))], 60 * MINUTE)
    (entry,) = book.act(next(iter(book.incidents)), Comment("3fb1c2aa", "đã gọi"), 61 * MINUTE)
    assert entry.note == "đã gọi"
