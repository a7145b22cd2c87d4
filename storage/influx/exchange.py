"""One request over HTTP and its answer, whatever the server: bounded in size and time, never redirected."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field

from urllib3 import BaseHTTPResponse, HTTPHeaderDict, PoolManager, Timeout
from urllib3 import exceptions as failures

from hub.errors import ConfigError, EpihubError
from storage.influx.connections import POOLS
from storage.influx.server import ServerAddress

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
WORTH_COMPRESSING = 1024
_FASTEST = 1
_CHUNK = 1 << 16
_FIRST_FINAL = 200  # RFC 9110, 15.2: 1xx come before an answer


class NoReply(EpihubError):
    """The server did not answer; the text is a code (server.Away has them)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; not ``whole``: ``body`` is its beginning only.

    To influxdb-client ``data`` is empty: it logs what it cannot read.
    """

    status: int
    headers: HTTPHeaderDict = field(repr=False)
    body: bytes = field(repr=False)
    whole: bool = True
    reason: str = ""
    data: bytes = b""


class Exchange:
    """A keep-alive connection; has what influxdb-client asks of an urllib3 pool. Not for two threads at once.

    ``most_bytes`` of an answer. Bodies over 1 KB are compressed unless the server is on this machine, where
    it only costs. No proxy of the environment is used.
    """

    def __init__(
        self,
        address: ServerAddress,
        *,
        most_bytes: int,
        compress: bool | None = None,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self.address = address
        self.most_bytes = most_bytes
        self.read_seconds = read_seconds
        self.compress = not address.near if compress is None else compress
        self.last: Reply | None = None
        self._pool: PoolManager | None = None

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str],
        preload_content: bool = True,
        timeout: object = None,
    ) -> Reply:
        """The reply is ``last``, too; influxdb-client asks ``preload_content`` and ``timeout``, in vain.

        Raises NoReply.
        """
        self.last = None
        sent = dict(headers)
        if self.compress and body is not None and len(body) > WORTH_COMPRESSING:
            body = gzip.compress(body, _FASTEST)
            sent["Content-Encoding"] = "gzip"
        try:
            self.last = self._read(self._send(method, url, body, sent))
        except (failures.HTTPError, OSError) as error:
            raise NoReply(_code(error)) from None
        except ConfigError:
            raise NoReply("ca_file") from None
        return self.last

    def clear(self) -> None:
        """Close the connection; the next request opens another."""
        if self._pool is not None:
            self._pool.clear()

    def _opened(self) -> PoolManager:
        if self._pool is None:
            self._pool = PoolManager(1, maxsize=1, ssl_context=self.address.tls(), retries=False)
            self._pool.pool_classes_by_scheme = POOLS
        return self._pool

    def _send(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> BaseHTTPResponse:
        return self._opened().urlopen(
            method,
            url,
            redirect=False,
            retries=False,
            body=body,
            headers=headers,
            preload_content=False,
            decode_content=False,
            timeout=self._patience(),
        )

    def _patience(self) -> Timeout:
        return Timeout(connect=CONNECT_SECONDS, read=self.read_seconds)

    def _read(self, response: BaseHTTPResponse) -> Reply:
        if response.status < _FIRST_FINAL:  # its real answer may come later: not as that of the next request
            response.close()
            raise NoReply("broken_answer")
        chunks: list[bytes] = []
        room = self.most_bytes
        while chunk := response.read1(min(_CHUNK, room + 1)):
            chunks.append(chunk)
            room -= len(chunk)
            if room < 0:
                response.close()
                return Reply(response.status, response.headers, b"".join(chunks), whole=False)
        response.release_conn()
        return Reply(response.status, response.headers, b"".join(chunks))


def _code(error: Exception) -> str:
    """What kept an answer away; without any text of ``error``: it may name what is not ours."""
    if isinstance(error, failures.SSLError):
        return "tls"
    if isinstance(error, failures.NameResolutionError):
        return "name_not_found"
    if isinstance(error, failures.ConnectTimeoutError) and not isinstance(error, failures.NewConnectionError):
        return "timed_out"
    if isinstance(error, failures.ReadTimeoutError):
        return "timed_out"
    if isinstance(error, failures.NewConnectionError):
        return "no_connection"
    return "broken_answer"
