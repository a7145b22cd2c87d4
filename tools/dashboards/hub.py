"""What the people look at who run the hub: devices, components, what waits."""

from tools.dashboards.description import Figure, Panel, Row
from tools.dashboards.sites import DEVICE, GREEN, GREY, RED, YELLOW

HUB, DEVICES = "epihub_hub", "epihub_device"
DEVICE_STATES = (
    (0, "online · hoạt động", GREEN), (1, "degraded · suy giảm", YELLOW), (2, "offline · mất kết nối", RED),
    (3, "maintenance · bảo trì", GREY), (4, "unknown · chưa rõ", GREY),
)  # fmt: skip
COMPONENT_STATES = ((0, "ok · tốt", GREEN), (1, "degraded · suy giảm", YELLOW), (2, "down · dừng", RED))
PROJECTIONS = (("part", "projection[.].*"),)


def _of(field: str, part: str, name: str = "") -> Figure:
    return Figure(HUB, field, "last", ("hub",), where=(("part", part),), name=name, at_site=False)


RUNNING = Row(("Hub and devices", "Hub và thiết bị"), (
    Panel(("Components", "Thành phần"), "table",
          (Figure(HUB, "state", "last", ("hub", "part"), at_site=False),), words=COMPONENT_STATES),
    Panel(("Devices, as told last", "Thiết bị, theo lần báo gần nhất"), "table",
          (Figure(DEVICES, "state", "last", DEVICE),), words=DEVICE_STATES),
    Panel(("Clocks of devices ahead of ours", "Đồng hồ thiết bị lệch so với hub"), "table",
          (Figure(DEVICES, "clock_offset_s", "last", DEVICE),), unit="s"),
    Panel(
        ("Open incidents", "Sự cố đang mở"), "curves",
        tuple(
            _of(field, "incidents", words)
            for field, words in (
                ("critical", "critical · nghiêm trọng"), ("warning", "warning · cảnh báo"),
                ("info", "info · thông tin"),
            )
        ),
        every="1m", least=0,
    ),
    Panel(
        ("Waiting", "Đang chờ"), "curves",
        (
            _of("waiting", "spool", "events without a receipt · sự kiện chưa có biên nhận"),
            _of("waiting", "quarantine", "quarantine · cách ly"),
        ),
        every="1m", least=0,
    ),
    Panel(("Highest number of the log", "Số cao nhất của nhật ký"), "curves",
          (_of("last_number", "log"),), every="1m", unit="none"),
    Panel(
        ("Disk", "Đĩa"), "curves",
        (
            _of("used_bytes", "store", "store · kho"), _of("used_bytes", "spool", "spool · hàng đợi"),
            _of("free_bytes", "disk", "free · còn trống"),
        ),
        unit="bytes", every="1m", least=0,
    ),
    Panel(("Projections: events behind", "Nơi nhận: số sự kiện còn chờ"), "curves",
          (Figure(HUB, "backlog", "last", ("hub", "part"), where=PROJECTIONS, at_site=False),),
          every="1m", least=0),
    Panel(("Projections: seconds behind", "Nơi nhận: chậm bao nhiêu giây"), "curves",
          (Figure(HUB, "lag_seconds", "last", ("hub", "part"), where=PROJECTIONS, at_site=False),),
          unit="s", every="1m", least=0),
))  # fmt: skip
