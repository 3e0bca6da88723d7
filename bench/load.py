"""Updates brought to a webhook as Telegram brings them: over 40 connections, each with one at a time."""

import asyncio
import json
from collections.abc import Iterator

from bench.contestants.work import command

CONNECTIONS = 40
"""As many as Telegram opens to one webhook by default (core.telegram.org/bots/api#setwebhook, max_connections)."""


def _requests(first: int, count: int, secret: str) -> Iterator[bytes]:
    for number in range(first, first + count):
        body = json.dumps(command(number)).encode()
        head = (
            "POST /telegram HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def bring(port: int, first: int, count: int, secret: str) -> None:
    """Bring so many updates; returns when all of them were taken. Raises OSError if one was not."""
    requests = iter(list(_requests(first, count, secret)))
    await asyncio.gather(*(_connection(port, requests) for _ in range(CONNECTIONS)))


async def _connection(port: int, requests: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status, _, fields = head.partition(b"\r\n")
        if b" 200 " not in status:
            raise OSError(f"the webhook answered “{status.decode()}”")
        if b"content-length:" in fields:
            await reader.readexactly(int(fields.partition(b"content-length:")[2].split(b"\r\n")[0]))
    writer.close()
