"""A mailbox on this machine: as much of IMAP as a reader of unread mail says; real sockets."""

import asyncio
import re
import ssl
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from tests.notify.local_server import served

PASSWORD = "hunter2"


@dataclass
class ImapServer:
    """``mails`` by uid, ``seen`` those that were marked; ``literal``: announces so many bytes."""

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    literal: int | None = None
    polls: int = 0
    port: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until_seen(self, *uids: int) -> None:
        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(lambda: set(uids) <= self.seen)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        try:
            while line := (await reader.readline()).decode().strip():
                tag, _, command = line.partition(" ")
                writer.write(await self._answer(tag, command))
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    async def _answer(self, tag: str, command: str) -> bytes:
        done = f"{tag} OK done\r\n".encode()
        unread = [uid for uid in self.mails if uid not in self.seen]
        match command.split(" "):
            case ["CAPABILITY"]:
                return b"* CAPABILITY IMAP4rev1\r\n" + done
            case ["LOGIN", _, password] if password.strip('"') != PASSWORD:
                return f"{tag} NO [AUTHENTICATIONFAILED] no\r\n".encode()
            case ["SELECT", folder] if folder != '"INBOX"':
                return f"{tag} NO no such folder\r\n".encode()
            case ["SELECT", _]:
                return f"* {len(self.mails)} EXISTS\r\n".encode() + done
            case ["UID", "SEARCH", *_]:
                self.polls += 1
                return f"* SEARCH {' '.join(map(str, unread))}\r\n".encode() + done
            case ["UID", "FETCH", uid, *_]:
                limit = int(re.findall(r"<0\.(\d+)>", command)[0])
                mail = self.mails[int(uid)][:limit]
                size = self.literal or len(mail)
                return f"* 1 FETCH (UID {uid} BODY[]<0> {{{size}}}\r\n".encode() + mail + b")\r\n" + done
            case ["UID", "STORE", uid, *_]:
                async with self.changed:
                    self.seen.add(int(uid))
                    self.changed.notify_all()
        return done


def imap_server(tls: ssl.SSLContext | None = None) -> AbstractAsyncContextManager[ImapServer]:
    return served(ImapServer(), tls)
