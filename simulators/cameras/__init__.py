"""Simulated cameras: an RTSP server with generated footage, faults to order and the truth about them."""
