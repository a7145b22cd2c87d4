"""What the processes tell of their parts is told in Vietnamese too."""

import ast
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.console.part_reasons import part_reason
from api.console.wording import Wording

RUNTIME = Path(__file__).parents[2] / "hub" / "runtime"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
VIETNAMESE, ENGLISH = Wording("vi", ZONE), Wording("en", ZONE)


def told() -> Iterator[str]:
    """Every sentence that is written down where a part is called degraded or down; 7 for what is put in."""
    for path in RUNTIME.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="degraded" | "down"), args=[first, *_]):
                    yield from _sentence(first)


def _sentence(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else _put_in(part) for part in node.values]
        yield "".join(str(part) for part in parts)


def _put_in(node: ast.expr) -> str:
    """A share is written with its sign; a conditional part may be absent."""
    if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.IfExp):
        return ""
    share = isinstance(node, ast.FormattedValue) and node.format_spec is not None
    return "7%" if share else "7"


LIST_TROUBLES = (
    "none came yet", "too old to be used", "made under another key", "the list is cut",
    "the list is not in order", "the list was damaged", "this is no list of people",
    "it changes, or is not whole on the bus",
)  # fmt: skip


@pytest.mark.parametrize("trouble", LIST_TROUBLES)
def test_every_trouble_of_a_list_has_words(trouble: str) -> None:
    """Those of hub.edge.people_kept, hub.edge.people_line and hub.people.list_file."""
    sources = "".join(
        (RUNTIME.parent / each).read_text("utf-8")
        for each in ("edge/people_kept.py", "edge/people_line.py", "people/list_file.py")
    )
    assert f'"{trouble}"' in sources
    assert part_reason(VIETNAMESE, f"positive: {trouble}").startswith("danh sách người dương tính: ")


def test_every_sentence_of_the_processes_has_words() -> None:
    sentences = set(told())
    assert len(sentences) >= 6
    assert not {each for each in sentences if part_reason(VIETNAMESE, each) == each}


@pytest.mark.parametrize(
    ("reason", "vietnamese", "english"),
    [
        ("", "", ""),
        ("disk I/O error", "disk I/O error", "disk I/O error"),
        (
            "channel sms does not deliver (http.404); 2 notices given up (notify list)",
            "kênh sms không gửi được (http.404); 2 thông báo không gửi được, chờ quyết định (notify list)",
            "channel sms does not deliver (http.404); 2 notices given up (notify list)",
        ),
        (
            "the heartbeat is not heard (http.500)",
            "không nơi nào nghe thấy nhịp báo sống (http.500)",
            "the heartbeat is not heard (http.500)",
        ),
        ("is starting", "đang khởi động", "is starting"),
        ("the broker is starting again", "đang khởi động lại", "is starting again"),
        (
            "no connection to the bus (refused); 1856 events wait",
            "không nối được tới bus (Từ chối kết nối); 1.856 sự kiện đang chờ",
            "no connection to the bus (Connection refused); 1,856 events wait",
        ),
        (
            "no connection to the bus; 1 events wait",
            "không nối được tới bus; 1 sự kiện đang chờ",
            "no connection to the bus; 1 event waits",
        ),
        (
            "lis: 3 wait (forward.no_answer); his: 1 given up",
            "lis: 3 bản tin đang chờ (forward.no_answer); his: 1 bản tin không gửi được",
            "lis: 3 wait (forward.no_answer); his: 1 given up",
        ),
        ("80% of the quota is used", "đã dùng 80 % hạn mức", "80 % of the quota is used"),
        (
            "watch: too old to be used; doses: made under another key",
            "danh sách theo dõi: quá hạn, không dùng được nữa; danh sách người đã tiêm: tạo bằng khóa khác",
            "list of whom to watch: too old to be used; list of vaccinations: made under another key",
        ),
        (
            "declared: cannot be written: No space left on device",
            "danh sách người đã khai báo: không ghi được xuống đĩa (No space left on device)",
            "list of declarations: cannot be written to the disk (No space left on device)",
        ),
        (
            "projection grafana: away (no_connection); projection b: busy",
            "grafana: máy chủ không trả lời (không kết nối được); b: máy chủ bận",
            "grafana: server does not answer (no connection); b: server busy",
        ),
        (
            "projection c: 7 series over the limit",
            "c: 7 chuỗi số liệu vượt giới hạn, không gửi",
            "c: 7 series over the limit are not sent",
        ),
        (
            "/p: the bus's certificate expires on 01/12/2026",
            "/p: chứng chỉ của bus sẽ hết hạn ngày 01/12/2026",
            "/p: the bus's certificate expires on 01/12/2026",
        ),
    ],
)
def test_reasons_in_both_languages(reason: str, vietnamese: str, english: str) -> None:
    assert part_reason(VIETNAMESE, reason) == vietnamese
    assert part_reason(ENGLISH, reason) == english
