import pytest

from adapters.qr_gates.barriers import gate_barrier


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is away is tried again at once, and whoever leaves has time on a busy machine."""
    monkeypatch.setattr(gate_barrier, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(gate_barrier, "LEAVE_SECONDS", 10)
