"""A small load generator in a process of its own: connections that keep one request in flight each."""

import asyncio
import multiprocessing
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Load:
    """How hard to press: the same body again and again, or each of several bodies in turn."""

    connections: int = 8
    seconds: float = 3.0


def requests_per_second(url: str, path: str, bodies: list[str], load: Load) -> float:
    """Return how many requests a server answers per second; raises `RuntimeError` when one is not a 200."""
    receive, send = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_press, args=(url, path, bodies, load, send))
    process.start()
    answered = receive.recv()
    process.join()
    if isinstance(answered, str):
        raise RuntimeError(answered)
    return float(answered)


def _press(url: str, path: str, bodies: list[str], load: Load, send: "multiprocessing.connection.Connection") -> None:
    try:
        send.send(asyncio.run(_all(url, path, bodies, load)))
    except Exception as error:  # whatever went wrong in the child is the parent's to report
        send.send(repr(error))


async def _all(url: str, path: str, bodies: list[str], load: Load) -> float:
    raw = [_request(url, path, body) for body in bodies]
    deadline = time.perf_counter() + load.seconds
    started = time.perf_counter()
    counts = await asyncio.gather(*(_one(url, raw[i:] + raw[:i], deadline) for i in range(load.connections)))
    return sum(counts) / (time.perf_counter() - started)


async def _one(url: str, raw: list[bytes], deadline: float) -> int:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    done = 0
    while time.perf_counter() < deadline:
        writer.write(raw[done % len(raw)])
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.split(b"\r\n", 1)[0].decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        done += 1
    writer.close()
    return done


def _request(url: str, path: str, body: str) -> bytes:
    data = body.encode()
    host = urlsplit(url).netloc
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data
