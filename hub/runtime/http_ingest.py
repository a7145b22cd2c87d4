"""What devices push by HTTP: the API process carries it here, to the adapter of the device (ADR 2)."""

from base64 import b64decode, b64encode

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.streams import HttpAnswer, HttpRequest

UNKNOWN = HttpAnswer(404)


def ingest_call(edge: Edge) -> Handler:
    async def ingest(
        path: str,
        method: str,
        headers: dict[str, str],
        query: dict[str, str],
        body: str,
        peer: str,
        keyed: bool = False,
    ) -> Answer:
        """``body`` in base64; gives {status, body, content_type, headers}, 2xx only for what is committed."""
        request = HttpRequest(method, path, headers, query, b64decode(body), peer, keyed)
        handler = edge.surroundings.routes.find(path)
        told = await handler(request) if handler else UNKNOWN
        return {
            "status": told.status,
            "body": b64encode(told.body).decode(),
            "content_type": told.content_type,
            "headers": dict(told.headers),
        }

    return ingest
