"""Episodes of one question and one answer: an OpenEnv environment over its `/ws`, and ours over HTTP, same driver.

OpenEnv is asked where `make .venv-openenv/.ready` has installed it; both are driven by asyncio in this process, so that
the driver's own time is in both figures.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import websockets

from benchmarks.load import Load
from benchmarks.peers.process import peer_process
from trainer_client.server_process import running_server

PYTHON = Path(__file__).parent.parent / ".venv-openenv/bin/python"
_SHEAR = {"family": "matrix_inverse@1", "params": {"kind": "shear", "n": 2, "bound": 40}, "style": "bare"}

Episodes = Callable[[str, float], Awaitable[int]]


def bench_openenv(folder: Path, load: Load) -> Iterator[tuple[str, str]]:
    """Yield episodes per second over eight connections of both."""
    what = f"episodes of a 2x2 inverse, {load.connections} connections"
    with running_server(folder / "episodes.log", settings={"ECHELON_DATABASE_URL": "none"}) as url:
        ours = asyncio.run(_rate(url, load, _over_http))
    if not PYTHON.exists():
        yield what, f"{ours:,.0f} a second; OpenEnv is not installed (make .venv-openenv/.ready)"
        return
    with peer_process("benchmarks.peers.openenv_app", "/health", folder / "openenv.log", str(PYTHON)) as port:
        theirs = asyncio.run(_rate(f"ws://127.0.0.1:{port}/ws", load, _over_socket))
    yield what, f"{ours:,.0f} a second; OpenEnv's {theirs:,.0f}: x {ours / theirs:.1f}"


async def _rate(url: str, load: Load, episodes: Episodes) -> float:
    started = time.perf_counter()
    done = await asyncio.gather(*(episodes(url, started + load.seconds) for _ in range(load.connections)))
    return sum(done) / (time.perf_counter() - started)


async def _over_socket(url: str, until: float) -> int:
    done = 0
    async with websockets.connect(url) as socket:
        while time.perf_counter() < until:
            await socket.send(json.dumps({"type": "reset", "data": {"seed": done}}))
            await socket.recv()
            await socket.send(json.dumps({"type": "step", "data": {"answer": "1,0;0,1"}}))
            if json.loads(await socket.recv())["data"]["reward"] is None:
                raise RuntimeError("an OpenEnv step without a reward")
            done += 1
    return done


async def _over_http(url: str, until: float) -> int:
    where, done = urlsplit(url), 0
    reader, writer = await asyncio.open_connection(where.hostname, where.port)

    async def asked(path: str, body: dict[str, object]) -> bytes:
        data = json.dumps(body)
        head = f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json"
        writer.write(f"{head}\r\nContent-Length: {len(data)}\r\n\r\n{data}".encode())
        told = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in told.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return await reader.readexactly(int(length.split(b":")[1]))

    while time.perf_counter() < until:
        [posed] = json.loads(await asked("/sample", {**_SHEAR, "slots": [done]}))["problems"]
        scored = await asked("/score", {"items": [{"id": posed["id"], "completion": "1,0;0,1"}]})
        if json.loads(scored)["verdicts"][0]["reward"] is None:
            raise RuntimeError("a score without a reward")
        done += 1
    writer.close()
    return done
