from hub.rate_limit import MOST_KEYS, RateLimit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_told_and_the_rest_counted() -> None:
    clock = Clock()
    limit: RateLimit[str] = RateLimit(burst=3, window_seconds=10, clock=clock)
    assert [limit.allows("a") for _ in range(5)] == [True, True, True, False, False]
    assert limit.allows("b")
    assert list(limit.suppressed()) == []
    clock.now += 10
    assert limit.allows("b")
    assert list(limit.suppressed()) == [("a", 2)]
    assert list(limit.suppressed()) == []
    assert limit.allows("a")


def test_the_end_tells_what_is_left() -> None:
    limit: RateLimit[str] = RateLimit(burst=1, clock=Clock())
    assert [limit.allows("a"), limit.allows("a")] == [True, False]
    assert list(limit.suppressed(at_once=True)) == [("a", 1)]


def test_many_keys_do_not_grow_it_and_lose_no_count() -> None:
    limit: RateLimit[int] = RateLimit(burst=1, clock=Clock())
    for key in range(MOST_KEYS + 50):
        limit.allows(key)
        limit.allows(key)
    assert len(limit._windows) == MOST_KEYS
    assert sum(count for _, count in limit.suppressed(at_once=True)) == MOST_KEYS + 50
