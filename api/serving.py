"""The API served by uvicorn: open streams end first, TLS or loopback only."""

from typing import Any

import uvicorn
from fastapi import FastAPI

from api.access import is_loopback
from api.app import create_app
from api.deck import Deck
from api.settings import ApiSettings
from hub.errors import ConfigError
from hub.runtime.garbage_pauses import settle_memory

_GRACE_SECONDS = 2
_WEBSOCKET_BYTES = 1 << 20
_MOST_CONNECTIONS = 500


class Server(uvicorn.Server):
    """Ends the open event streams first: uvicorn waits for connections before it ends the application."""

    def __init__(self, config: uvicorn.Config, deck: Deck) -> None:
        super().__init__(config)
        self._deck = deck

    async def shutdown(self, sockets: Any = None) -> None:
        self._deck.stopping.set()
        await super().shutdown(sockets)


def run(settings: ApiSettings) -> None:
    """Serve until SIGTERM or SIGINT; raises ConfigError."""
    if not (is_loopback(settings.host) or settings.allow_plain or settings.tls_certificate):
        raise ConfigError("api.host: off loopback it needs TLS, or the explicit flag allow_plain")
    app = create_app(settings)
    settle_memory()  # a report reads facts by the ten thousand: the collector took half of its time
    Server(_config(settings, app), app.state.deck).run()


def _config(settings: ApiSettings, app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        ws="websockets-sansio",
        ws_max_size=_WEBSOCKET_BYTES,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        proxy_headers=False,  # who is on loopback is told by the peer, never by a header
        server_header=False,
        access_log=False,  # paths and queries hold specimen ids
        log_config=None,
        lifespan="on",
    )
