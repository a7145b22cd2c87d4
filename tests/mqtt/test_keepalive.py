"""Keep-alive in both directions, without a clock."""

from hub.mqtt.keepalive import KeepAlive, Step


def test_traffic_both_ways_needs_no_ping() -> None:
    watch = KeepAlive()
    for _ in range(10):
        watch.sent = watch.received = True
        assert watch.tick(listening=True) is Step.WAIT


def test_a_line_on_which_we_only_read_is_pinged_for_the_brokers_sake() -> None:
    watch = KeepAlive()
    for _ in range(10):
        watch.received = True
        assert watch.tick(listening=True) is Step.PING


def test_a_line_on_which_we_only_write_is_pinged_and_given_up() -> None:
    watch = KeepAlive()
    watch.tick(listening=True)
    steps = []
    for _ in range(KeepAlive.TICKS):
        watch.sent = True
        steps.append(watch.tick(listening=True))
    assert steps == [Step.PING, Step.PING, Step.GIVE_UP]


def test_an_answer_in_time_starts_the_count_anew() -> None:
    watch = KeepAlive()
    for _ in range(5):
        watch.received = True
        watch.tick(listening=True)
        assert watch.tick(listening=True) is Step.PING
        assert watch.tick(listening=True) is Step.PING


def test_silence_while_we_do_not_listen_is_our_own() -> None:
    watch = KeepAlive()
    assert {watch.tick(listening=False) for _ in range(10)} == {Step.PING}
