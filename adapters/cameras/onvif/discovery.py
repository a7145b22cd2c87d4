"""Looking for cameras in our network: one question to all, their answers for a few seconds."""

import asyncio
import socket
from ipaddress import ip_address
from uuid import uuid4

from adapters.cameras.onvif.probe import GROUP, PORT, AnsweredCamera, probe, read_answer
from hub.errors import DeviceUnavailable

MOST_ANSWERS = 1000  # datagrams; a network of more cameras is asked part by part
# A datagram may be lost: SOAP-over-UDP, 4.1 sends each twice.
_AGAIN_SECONDS = 0.25


async def discover(
    seconds: float, *, target: tuple[str, int] = (GROUP, PORT), interface: str = ""
) -> tuple[AnsweredCamera, ...]:
    """Who answers, by address; nothing else is asked of them.

    ``interface``: our own address in the network to be asked; empty: as the system routes it. Raises
    DeviceUnavailable: nothing can be sent there.
    """
    loop = asyncio.get_running_loop()
    try:
        line = _socket(interface)
        transport, answers = await loop.create_datagram_endpoint(_Answers, sock=line)
    except (OSError, ValueError) as error:
        raise DeviceUnavailable("discovery: no socket for it") from error
    try:
        for _ in range(2):
            transport.sendto(probe(answers.message_id), target)
            await asyncio.sleep(min(_AGAIN_SECONDS, seconds / 2))
        await asyncio.sleep(max(0.0, seconds - 2 * _AGAIN_SECONDS))
        if answers.failed and not answers.cameras:
            raise DeviceUnavailable("discovery: this network cannot be asked")
        return tuple(answers.cameras[key] for key in sorted(answers.cameras))
    finally:
        transport.close()


class _Answers(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.message_id = f"urn:uuid:{uuid4()}"
        self.cameras: dict[tuple[int, str, int], AnsweredCamera] = {}
        self.failed = False
        self._count = 0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._count += 1
        if self._count > MOST_ANSWERS:
            return
        for camera in read_answer(data, self.message_id, addr[0]):
            self.cameras.setdefault(_order(camera), camera)

    def error_received(self, exc: Exception) -> None:
        self.failed = True


def _order(camera: AnsweredCamera) -> tuple[int, str, int]:
    return int(ip_address(camera.address)), camera.address, camera.onvif_port


def _socket(interface: str) -> socket.socket:
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        if interface:
            packed = ip_address(interface).packed
            line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, packed)
        line.bind((interface, 0))
    except (OSError, ValueError):
        line.close()
        raise
    return line
