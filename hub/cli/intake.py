"""``epihub intake``: a table that people filled in, to the API of a running hub."""

import http.client
import json
import os
import ssl
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

import typer

from hub.errors import OperatorError

DEFAULT_URL = "http://127.0.0.1:8080"
LARGEST_FILE_BYTES = 1 << 20  # of what the API takes
_LARGEST_ANSWER_BYTES = 1 << 20
_SECONDS = 120.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def intake(
    file: Annotated[Path, typer.Argument(help="A table, CSV or XLSX (docs/intake.md).")],
    kind: Annotated[str, typer.Option("--type", help="What its rows are: quarantine-daily, stock …")],
    url: Annotated[str, typer.Option("--url", help="Of the API.")] = DEFAULT_URL,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="Has the key; left out: EPIHUB_KEY, or none.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only tell what would become of it.")] = False,
) -> None:
    """Report the rows of a table; every mistake is told with its row, and then nothing is entered."""
    body = _read(file)
    key = key_file.read_text("utf-8").strip() if key_file else os.environ.get("EPIHUB_KEY", "")
    status, told = _sent(_checked(url), kind, body, key, check)
    if status != http.client.OK:
        raise OperatorError(_refusal(told))
    counts = ", ".join(f"{count} {name}" for name, count in told["counts"].items())
    typer.echo(f"{told['rows']} rows: {counts}" + (" (nothing was entered)" if check else ""))


def _read(file: Path) -> bytes:
    """Raises OperatorError for more than the API takes."""
    with file.open("rb") as opened:
        body = opened.read(LARGEST_FILE_BYTES + 1)
    if len(body) > LARGEST_FILE_BYTES:
        raise OperatorError("the file has more than 1 MiB: split it")
    return body


def _checked(url: str) -> SplitResult:
    """Raises OperatorError for what is no address, or would show a key to the network."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise OperatorError("--url is no address") from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise OperatorError("--url is no address of an API: http://127.0.0.1:8080")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise OperatorError("off this machine the API is asked by https alone")
    return parts


def _sent(parts: SplitResult, kind: str, body: bytes, key: str, check: bool) -> tuple[int, dict[str, Any]]:
    """Raises OperatorError when nobody answers, or no epihub does."""
    if not kind.replace("-", "").isalpha() or not kind.isascii():
        raise OperatorError("there is no such type")
    if not key.isascii() or any(letter.isspace() for letter in key):
        raise OperatorError("that is no key")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    path = f"{parts.path.rstrip('/')}/api/v1/intake/{kind}/file" + ("?check=true" if check else "")
    line = _line(parts)
    try:
        line.request("POST", path, body, headers | {"Content-Type": "application/octet-stream"})
        answered = line.getresponse()
        told = json.loads(answered.read(_LARGEST_ANSWER_BYTES))
    except (OSError, http.client.HTTPException) as error:
        raise OperatorError(f"no API answers at {parts.hostname}: {type(error).__name__}") from error
    except ValueError as error:
        raise OperatorError("what answers there is no epihub") from error
    finally:
        line.close()
    if not isinstance(told, dict):
        raise OperatorError("what answers there is no epihub")
    return answered.status, told


def _line(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=_SECONDS)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, parts.port, timeout=_SECONDS, context=context)


def _refusal(told: dict[str, Any]) -> str:
    """Every mistake on a line of its own."""
    code, detail = str(told.get("code", "")), str(told.get("detail", ""))
    lines = [f"{code}: {detail}" if detail else code or "refused"]
    errors = told.get("errors")
    for one in errors if isinstance(errors, list) else []:
        where = f"row {one['row']}, {one.get('field') or 'file'}" if "row" in one else str(one.get("field"))
        lines.append(f"  {where}: {one.get('code')}")
    return "\n".join(lines)
