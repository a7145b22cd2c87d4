"""Where a device has a page of its own: pure."""

from api.cameras import KINDS as CAMERAS

_COLD = "cold_"


def page_of(device: str, kind: str | None, metric: str = "") -> str:
    """Its path, or nothing. ``metric``: what an incident of it is about, where its kind is not known."""
    if kind in CAMERAS or (not kind and metric.startswith("camera.")):
        return f"/cameras/{device}"
    return f"/cold-chain/{device}" if (kind or "").startswith(_COLD) else ""
