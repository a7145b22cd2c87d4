"""What ``./dev test`` does about programs that a machine lacks."""

import os
from pathlib import Path

import pytest

from tools import debian
from tools.tree import DevError


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any of the programs, where we may not install them."""
    monkeypatch.setattr(debian, "missing", lambda: list(debian.PACKAGES))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.delenv("CI", raising=False)


@pytest.mark.usefixtures("bare_machine")
def test_a_notice_says_which_tests_are_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert "EPIHUB_REQUIRE" not in debian.ensure()
    said = capsys.readouterr().err
    assert "chromium, mosquitto, socat, strace" in said
    assert "skipped" in said


@pytest.mark.usefixtures("bare_machine")
def test_in_ci_a_missing_program_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(DevError, match="apt install chromium"):
        debian.ensure()


def test_in_ci_tests_may_not_skip_for_want_of_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "missing", list)
    monkeypatch.setenv("CI", "true")
    required = "chromium,mosquitto,socat,strace,rabbitmq-server,victoria-metrics,influxd"
    assert debian.ensure()["EPIHUB_REQUIRE"] == required


def test_no_service_starts_while_we_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(debian, "POLICY", policy)
    with debian.no_service_starts():
        assert "exit 101" in policy.read_text(encoding="ascii")
        assert policy.stat().st_mode & 0o111
    assert not policy.exists()


def test_a_policy_of_the_machine_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("theirs", encoding="ascii")
    monkeypatch.setattr(debian, "POLICY", policy)
    with debian.no_service_starts():
        pass
    assert policy.read_text(encoding="ascii") == "theirs"
