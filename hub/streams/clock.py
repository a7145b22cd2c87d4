"""The receive time of bytes."""

from hub.clock import now_ms

__all__ = ["now_ms"]
