"""Very many `/score` requests at the same moment: each is judged, or sent away by a 429 that says when to come back."""

import asyncio
import json
import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.faults.scores import kept
from trainer_client.server_process import running_server

_PROBLEM = "matrix_inverse@1/bound=40,kind=shear,n=2/train/{}/bare"
_AGAIN = frozenset({429, 503})


def bench_concurrent(folder: Path, count: int) -> Iterator[tuple[str, str]]:
    """Yield what came of `count` requests at once that are kept; raises `RuntimeError` where one is lost."""
    _allow_files(count + 256)
    address = f"sqlite:///{folder}/concurrent.db"
    with running_server(folder / "concurrent.log", settings={"ECHELON_DATABASE_URL": address}) as url:
        statuses, rounds = asyncio.run(_all(url, count))
    found = kept(address, "concurrent")
    if sorted(found) != list(range(count)) or set(found.values()) != {1}:
        raise RuntimeError(f"of {count} scores {len(found)} are kept")
    said = ", ".join(f"{number:,} x {status}" for status, number in sorted(statuses.items()))
    yield f"{count:,} /score at once, each kept", f"{said}; all kept after {rounds} tries at most"


async def _all(url: str, count: int) -> tuple[Counter[int], int]:
    statuses: Counter[int] = Counter()
    gate = asyncio.Event()
    places = asyncio.gather(*(_one(url, slot, gate, statuses) for slot in range(count)))
    await asyncio.sleep(0)
    gate.set()
    return statuses, max(await places)


async def _one(url: str, slot: int, gate: asyncio.Event, statuses: Counter[int]) -> int:
    """Send one until it is judged; return how often it was sent."""
    await gate.wait()
    for tries in range(1, 100):
        status, after = await _sent(url, slot)
        statuses[status] += 1
        if status == 200:
            return tries
        if status not in _AGAIN or after is None:
            raise RuntimeError(f"a status {status}, Retry-After {after}")
        # As the client does: not all of them together.
        await asyncio.sleep(after * (1 + (slot * 7_919 % 100) / 100))
    raise RuntimeError("sent away a hundred times")


async def _sent(url: str, slot: int) -> tuple[int, float | None]:
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    run = {"run": "concurrent", "phase": "train", "generation": 0}
    item = {"id": _PROBLEM.format(slot), "completion": "1,0;0,1", "slot": slot}
    body = json.dumps({"items": [item], "run": run}).encode()
    head = (
        f"POST /score HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    writer.write(head.encode() + b"\r\nConnection: close\r\n\r\n" + body)
    answer = (await reader.read()).decode()
    writer.close()
    lines = answer.split("\r\n\r\n", 1)[0].lower().split("\r\n")
    after = [line.partition(":")[2] for line in lines if line.startswith("retry-after:")]
    return int(lines[0].split()[1]), float(after[0]) if after else None


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count <= hard or (soft < count and hard == resource.RLIM_INFINITY):
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
