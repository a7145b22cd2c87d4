"""Sessions of the console: how long they last, and what keeps one alive."""

from api.access import Sessions

HOURS = 3600.0


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_page_that_looks_all_day_stays_signed_in() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    token = sessions.begin("key-1")
    for _ in range(5):
        clock.now_s += 11 * HOURS
        assert sessions.key_of(token) == "key-1"
        sessions.renew(token)
    clock.now_s += 13 * HOURS
    assert sessions.key_of(token) is None
    sessions.renew(token)
    sessions.renew("nobody's")
    assert sessions.key_of(token) is None
    assert sessions.key_of("nobody's") is None
