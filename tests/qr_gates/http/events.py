"""Messages as Hikvision's terminals send them; persons are invented."""

import json
from typing import Any

BOUNDARY = "MIME_boundary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
FACE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4 + b"\r\n--not the boundary"


def event(serial: int = 1042, code: str = "075199001234", **inner: Any) -> dict[str, Any]:
    return {
        "ipAddress": "10.1.2.20",
        "macAddress": "24:32:ae:00:00:01",
        "dateTime": "2021-07-26T08:30:00+07:00",
        "eventType": "AccessControllerEvent",
        "eventState": "active",
        "AccessControllerEvent": {
            "deviceName": "Cổng 1",
            "majorEventType": 5,
            "subEventType": 75,
            "name": "Nguyễn Thị Ánh Tuyết",
            "employeeNoString": code,
            "serialNo": serial,
            "currentVerifyMode": "faceOrCard",
        }
        | inner,
    }


def as_json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


def as_form(told: dict[str, Any], picture: bytes = FACE, line: bytes = b"\r\n") -> bytes:
    """The event, then the picture of a face."""
    parts = [
        (b'name="event_log"', b"application/json", as_json(told)),
        (b'name="Picture"; filename="face.jpg"', b"image/jpeg", picture),
    ]
    edge = b"--" + BOUNDARY.encode()
    pieces = [
        line.join((edge, b"Content-Disposition: form-data; " + name, b"Content-Type: " + kind, b"", body))
        for name, kind, body in parts
    ]
    return line.join([*pieces, edge + b"--", b""])
