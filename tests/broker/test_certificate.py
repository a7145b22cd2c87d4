"""The end of a certificate is told before it comes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.broker.certificate import trouble_ahead
from hub.errors import ConfigError
from tests.broker.certificates import Authority


@pytest.mark.parametrize(("days", "said"), [(-1, "expired on"), (29, "expires on"), (31, "")])
def test_it_is_told_from_thirty_days_before(tmp_path: Path, days: int, said: str) -> None:
    tls = Authority(tmp_path, "ours").issue(["localhost"], days)
    told = trouble_ahead(tls.certificate, datetime.now(UTC))
    assert said in told
    assert bool(told) == bool(said)


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("something else")
    for name in ("key.pem", "absent.pem"):
        with pytest.raises(ConfigError, match=name):
            trouble_ahead(tmp_path / name, datetime.now(UTC))
