"""How long cameras watched (system 5 of the plan)."""

from api.reports.camera_uptime.uptime import CameraUptimeQuery, build, gather
from api.reports.frame.tabular import TabularReport

REPORT = TabularReport("camera-uptime", CameraUptimeQuery, gather, build, system=5, whole=True)
