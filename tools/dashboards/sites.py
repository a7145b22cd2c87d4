"""What sites look at: cold chain, cameras, gates, analyzers."""

from tools.dashboards.description import Figure, Panel, Row

GREEN, YELLOW, RED, BLUE, GREY = "green", "yellow", "red", "blue", "text"
TEMPERATURES = (("metric", "temp.*"),)
DEVICE = ("site", "device")
PROBE = ("site", "device", "metric")
READING, CAMERA, FAULT = "epihub_reading", "epihub_camera", "epihub_camera_fault"
GATE, ANALYZER = "epihub_gate_hour", "epihub_analyzer_hour"
QUALITIES = ((0, "good · tốt", GREEN), (1, "uncertain · chưa chắc chắn", YELLOW),
             (2, "bad · không đo được", RED), (3, "withdrawn · đã thu hồi", GREY))  # fmt: skip
STANDS = ((0, "cleared · đã hết", GREEN), (1, "stands · đang lỗi", RED))

COLD_CHAIN = Row(("Cold chain", "Chuỗi lạnh"), (
    Panel(
        ("Temperatures: highest and lowest", "Nhiệt độ: cao nhất và thấp nhất"), "curves",
        (
            Figure(READING, "value", "max", PROBE, where=TEMPERATURES, name="max"),
            Figure(READING, "value", "min", PROBE, where=TEMPERATURES, name="min"),
        ),
        unit="celsius", width=16,
        note=("Lines at 2 °C and 8 °C, the range of a vaccine fridge.",
              "Hai đường ngang ở 2 °C và 8 °C: khoảng bảo quản của tủ lạnh vắc-xin."),
        steps=((None, BLUE), (2, GREEN), (8, RED)),
    ),
    Panel(
        ("Temperatures now", "Nhiệt độ hiện tại"), "table",
        (Figure(READING, "value", "last", PROBE, where=TEMPERATURES),),
        unit="celsius", steps=((None, BLUE), (2, GREEN), (8, RED)),
    ),
    Panel(
        ("Humidity", "Độ ẩm"), "curves",
        (Figure(READING, "value", "mean", PROBE, where=(("metric", "humidity.*"),)),), unit="percent",
    ),
    Panel(
        ("Readings an hour", "Số lần đo mỗi giờ"), "curves",
        (Figure(READING, "value", "count", PROBE),), every="1h",
        note=("A probe that falls silent falls to nothing here.",
              "Đầu đo nào im lặng sẽ mất khỏi biểu đồ này."),
        least=0,
    ),
    Panel(
        ("Worst quality", "Chất lượng kém nhất"), "table",
        (Figure(READING, "quality", "max", PROBE),), words=QUALITIES,
        note=("Of readings that are not good or contested. A withdrawn value stays in the server.",
              "Của những lần đo không tốt hoặc bị tranh chấp. Giá trị đã thu hồi vẫn còn trên máy chủ."),
    ),
))  # fmt: skip

CAMERAS = Row(("Cameras", "Camera"), (
    Panel(
        ("Cameras online", "Camera đang hoạt động"), "number",
        (
            Figure(CAMERA, "online", "last", across="sum", name="online · hoạt động"),
            Figure(CAMERA, "online", "last", across="count", name="all · tất cả"),
        ),
        width=4,
        note=("Cameras that told within the time shown.",
              "Các camera đã báo trong khoảng thời gian đang xem."),
    ),
    Panel(
        ("Share of tellings with the camera online", "Tỷ lệ lần báo có camera đang hoạt động"), "curves",
        (Figure(CAMERA, "online", "mean", ("site",), "mean"),), unit="percentunit", width=10, every="15m",
        least=0, most=1,
        note=("Told at each change and every five minutes. The hub's own report has the exact uptime.",
              "Báo khi có thay đổi và mỗi năm phút. Thời gian hoạt động chính xác có trong báo cáo của hub."),
    ),
    Panel(
        ("Faults told last", "Lỗi được báo gần nhất"), "table",
        (Figure(FAULT, "active", "last", ("site", "device", "fault")),), width=10, words=STANDS,
    ),
    Panel(("Frames a second", "Số khung hình mỗi giây"), "curves",
          (Figure(CAMERA, "fps", "mean", DEVICE),), every="15m", least=0),
    Panel(("Bit rate", "Tốc độ bit"), "curves",
          (Figure(CAMERA, "bitrate", "mean", DEVICE),), unit="bps", every="15m", least=0),
    Panel(("Packets lost", "Tỷ lệ mất gói"), "curves",
          (Figure(CAMERA, "loss", "max", DEVICE),), unit="percentunit", every="15m", least=0),
    Panel(("Sessions begun again in an hour", "Số lần kết nối lại trong một giờ"), "curves",
          (Figure(CAMERA, "reconnects", "max", DEVICE),), width=12, every="15m", least=0),
    Panel(("Clock ahead of ours", "Đồng hồ camera lệch so với hub"), "curves",
          (Figure(CAMERA, "clock_offset_s", "last", DEVICE),), unit="s", width=12, every="15m"),
))  # fmt: skip

GATES = Row(("Gates", "Cổng kiểm soát"), (
    Panel(
        ("Decisions an hour", "Số quyết định mỗi giờ"), "bars",
        tuple(
            Figure(GATE, field, "sum", across="sum", name=f"{field} · {words}")
            for field, words in (
                ("allow", "cho qua"), ("deny", "từ chối"), ("hold", "chờ người kiểm tra"),
                ("alert", "báo động"), ("retry", "quét lại"), ("duplicate", "đã quét"),
                ("manual", "mở bằng tay"),
            )
        ),
        width=12, every="1h",
        note=(
            "By UTC hour, at its start, once it is over: the running hour is not there.",
            "Theo giờ UTC, tính tại đầu giờ, có khi giờ đã kết thúc: chưa có giờ đang chạy.",
        ),
    ),
    Panel(
        ("In and out an hour", "Lượt vào và ra mỗi giờ"), "bars",
        tuple(
            Figure(GATE, field, "sum", across="sum", name=words)
            for field, words in (
                ("seen_in", "in, seen · vào, cảm biến thấy"), ("inferred_in", "in, inferred · vào, suy ra"),
                ("seen_out", "out, seen · ra, cảm biến thấy"), ("inferred_out", "out, inferred · ra, suy ra"),
            )
        ),
        width=12, every="1h",
    ),
    Panel(("Let in, by gate", "Lượt cho qua theo cổng"), "table",
          (Figure(GATE, "allow", "sum", ("site", "device", "zone"), "sum"),), width=12),
    Panel(("Refused, by gate", "Lượt từ chối theo cổng"), "table",
          (Figure(GATE, "deny", "sum", ("site", "device", "zone"), "sum"),), width=12),
))  # fmt: skip

ANALYZERS = Row(("Analyzers", "Máy xét nghiệm"), (
    Panel(("Results an hour, by call", "Số kết quả mỗi giờ theo kết luận"), "bars",
          (Figure(ANALYZER, "results", "sum", ("call",), "sum"),), width=12, every="1h",
          note=("Current results by hour of observation, controls left out; the running hour is not there.",
                "Kết quả hiện hành theo giờ làm xét nghiệm, không tính mẫu chứng; chưa có giờ đang chạy.")),
    Panel(("Results, by analyzer", "Số kết quả theo máy"), "table",
          (Figure(ANALYZER, "results", "sum", DEVICE, "sum"),), width=6),
    Panel(("Positive, by site", "Số dương tính theo cơ sở"), "table",
          (Figure(ANALYZER, "results", "sum", ("site",), "sum", (("call", "POS"),)),), width=6),
))  # fmt: skip
