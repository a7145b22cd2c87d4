"""A simulated ONVIF device: it answers probes of its group on loopback, and tells its clock by HTTP."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast
from xml.etree import ElementTree

from tests.ports import free_port

GROUP = "239.255.255.250"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_SCOPES = (
    "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/{name}"
    " onvif://www.onvif.org/hardware/DS-2CD onvif://www.onvif.org/location/khoa%20C%E1%BA%A5p%20c%E1%BB%A9u"
)


def matches(message_id: str, address: str, name: str = "Cổng%20chính") -> bytes:
    """One answer, as Hikvision writes it."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="{_SOAP}" xmlns:d="{_DISCOVERY}"'
        f' xmlns:wsa="{_ADDRESSING}"><env:Header><wsa:RelatesTo>{message_id}</wsa:RelatesTo></env:Header>'
        "<env:Body><d:ProbeMatches><d:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:1</wsa:Address>"
        f"</wsa:EndpointReference><d:Scopes>{_SCOPES.format(name=name)}</d:Scopes>"
        f"<d:XAddrs>{address}</d:XAddrs><d:MetadataVersion>10</d:MetadataVersion></d:ProbeMatch>"
        "</d:ProbeMatches></env:Body></env:Envelope>"
    ).encode()


def clock_answer(unix_s: float) -> bytes:
    at = datetime.fromtimestamp(unix_s, UTC)
    return (
        f'<s:Envelope xmlns:s="{_SOAP}" xmlns:tt="http://www.onvif.org/ver10/schema"'
        ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Body><tds:GetSystemDateAndTimeResponse>'
        "<tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:UTCDateTime>"
        f"<tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute><tt:Second>{at.second}</tt:Second>"
        f"</tt:Time><tt:Date><tt:Year>{at.year}</tt:Year><tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day>"
        "</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse></s:Body>"
        "</s:Envelope>"
    ).encode()


@dataclass
class OnvifDevice:
    """``ahead_s``: of its clock. ``answers``: to a probe, given its message id; ``body``: to HTTP instead."""

    probe_port: int
    http_port: int
    ahead_s: float = 0.0
    answers: Callable[[str], list[bytes]] | None = None
    body: bytes | None = None
    head: str = "HTTP/1.1 200 OK"
    is_mute: bool = False
    asked: list[str] = field(default_factory=list)

    @property
    def target(self) -> tuple[str, int]:
        return GROUP, self.probe_port


class _Probed(asyncio.DatagramProtocol):
    def __init__(self, device: OnvifDevice) -> None:
        self._device = device

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = ElementTree.fromstring(data)
        assert question.find(f".//{{{_DISCOVERY}}}Types") is not None
        message_id = question.findtext(f".//{{{_ADDRESSING}}}MessageID", "")
        own = f"http://127.0.0.1:{self._device.http_port}/onvif/device_service"
        answers = self._device.answers
        for each in answers(message_id) if answers else [matches(message_id, own)]:
            self._transport.sendto(each, addr)


def _group_socket(port: int) -> socket.socket:
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.setblocking(False)
    line.bind((GROUP, port))
    joined = struct.pack("=4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
    line.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
    return line


@asynccontextmanager
async def onvif_device() -> AsyncIterator[OnvifDevice]:
    device = OnvifDevice(free_port(), 0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        device.asked.append(head.decode())
        if device.is_mute:
            await reader.read()
            return
        body = device.body if device.body is not None else clock_answer(time.time() + device.ahead_s)
        writer.write(f"{device.head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    device.http_port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Probed(device), sock=_group_socket(device.probe_port)
    )
    try:
        yield device
    finally:
        transport.close()
        server.close()
