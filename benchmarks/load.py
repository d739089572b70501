"""A small load generator in a process of its own: connections that keep one request in flight each."""

import asyncio
import multiprocessing
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Load:
    """How hard to press: so many connections, for so many seconds."""

    connections: int = 8
    seconds: float = 3.0


@dataclass(frozen=True)
class Asked:
    """Requests of one method: a path each, with a body where the method has one."""

    method: str
    requests: Sequence[tuple[str, str]]
    headers: Mapping[str, str] = field(default_factory=dict)


def requests_per_second(url: str, asked: Asked, load: Load) -> float:
    """Return how many requests a server answers per second; raises `RuntimeError` when one is not a 200."""
    receive, send = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_press, args=(url, asked, load, send))
    process.start()
    answered = receive.recv()
    process.join()
    if isinstance(answered, str):
        raise RuntimeError(answered)
    return float(answered)


def _press(url: str, asked: Asked, load: Load, send: "multiprocessing.connection.Connection") -> None:
    try:
        send.send(asyncio.run(_all(url, asked, load)))
    except Exception as error:  # whatever went wrong in the child is the parent's to report
        send.send(repr(error))


async def _all(url: str, asked: Asked, load: Load) -> float:
    raw = [_request(url, asked, path, body) for path, body in asked.requests]
    deadline = time.perf_counter() + load.seconds
    started = time.perf_counter()
    counts = await asyncio.gather(*(_one(url, raw[i:] + raw[:i], deadline) for i in range(load.connections)))
    return sum(counts) / (time.perf_counter() - started)


async def _one(url: str, raw: list[bytes], deadline: float) -> int:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    done = 0
    while not done or time.perf_counter() < deadline:  # one at least, however slow the server
        writer.write(raw[done % len(raw)])
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.split(b"\r\n", 1)[0].decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        done += 1
    writer.close()
    return done


def _request(url: str, asked: Asked, path: str, body: str) -> bytes:
    data = body.encode()
    headers = {"Host": urlsplit(url).netloc, "Content-Type": "application/json", **asked.headers}
    lines = [f"{name}: {value}" for name, value in {**headers, "Content-Length": str(len(data))}.items()]
    return "\r\n".join([f"{asked.method} {path} HTTP/1.1", *lines, "", ""]).encode() + data
