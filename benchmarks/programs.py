"""What it costs to judge programs: one by one, beside a fresh interpreter each, and many at once, loops among them."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import httpx

from generators.sandbox.filter import supported
from generators.sandbox.sandbox import Sandbox
from trainer_client.server_process import running_server

INPUTS = range(20)
CONCURRENT, LOOPS = 64, 6  # requests at a time, and how many of them hold a program without end
_FIRST = (
    "program_synthesis@1/base=2,factor=1,hidden=8,kind=power,offset=0,range=5,reach=25,shift=0,shown=5/train/0/chat"
)
_MIX = (
    "def f(k):\n    return 2 ** k",
    "from functools import lru_cache\n@lru_cache(None)\ndef f(k):\n    return 1 if k == 0 else f(k - 1) + f(k - 1)",
    "import math\ndef f(k):\n    return sum(math.comb(k, i) for i in range(k + 1))",
    "class P:\n    def __call__(self, k):\n        return 2 * P()(k - 1) if k else 1\nf = P()",
    "def f(k):\n    row = [1]\n    for _ in range(k):\n        row = [x + y for x, y in zip([0] + row, row + [0])]\n"
    "    return sum(row)",
)
_LOOP = "def f(k):\n    while True:\n        pass"


def bench_programs(folder: Path, count: int, rounds: int) -> list[tuple[str, str]]:
    """Return rows of (what, figure); one row that says so where programs cannot be run."""
    if not supported():
        return [("programs", "not run: no seccomp filter for this machine")]
    return [*_one_by_one(count), *_at_once(folder, rounds)]


def _one_by_one(count: int) -> list[tuple[str, str]]:
    """One lane on one core, a new program each time; and a new interpreter for each, as the plain way to do it."""
    sandbox = Sandbox(lanes=1)
    sandbox.run(_MIX[0], INPUTS)
    times = sorted(_timed(partial(sandbox.run, _program(i), INPUTS)) for i in range(count))
    sandbox.close()
    fresh = sorted(_timed(partial(_interpreter, _program(i))) for i in range(max(5, count // 40)))
    median, slow = statistics.median(times), times[-1 - count // 100]
    return [
        ("one program at 20 inputs, one lane: median, p99", f"{median * 1e3:.2f} ms, {slow * 1e3:.2f} ms"),
        ("programs per second on one lane", f"{count / sum(times):.0f}"),
        ("a fresh interpreter per program / ours", f"{statistics.median(fresh) / median:.1f}x"),
    ]


def _interpreter(source: str) -> None:
    calls = f"{source}\nprint([f(k) for k in range(20)])"
    subprocess.run([sys.executable, "-I", "-c", calls], capture_output=True, check=True)


def _program(i: int) -> str:
    return f"{_MIX[i % len(_MIX)]}\n# {i}"


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _at_once(folder: Path, rounds: int) -> list[tuple[str, str]]:
    """Bursts of 64 requests, all good or with loops among them, in turn: how long the good ones take."""
    plain: list[float] = []
    mixed: list[float] = []
    wrong = 0
    with running_server(folder / "programs.log") as url:
        asyncio.run(_burst(url, -1, loops=0))
        for i in range(rounds):
            for loops, found in ((0, plain), (LOOPS, mixed)):
                times, misjudged = asyncio.run(_burst(url, 2 * i + bool(loops), loops))
                found += times
                wrong += misjudged
    ratios = [_of(mixed, share) / _of(plain, share) for share in (0.5, 0.99)]
    shown = ", ".join(f"{_of(found, share) * 1e3:.0f} ms" for found in (plain, mixed) for share in (0.5, 0.99))
    return [
        (f"{CONCURRENT} /score at once: median, p99; with {LOOPS} endless: median, p99", shown),
        ("good programs beside endless ones / alone: median, p99", ", ".join(f"{ratio:.2f}x" for ratio in ratios)),
        ("good programs misjudged", f"{wrong} of {len(plain) + len(mixed):,}"),
    ]


def _of(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


async def _burst(url: str, number: int, loops: int) -> tuple[list[float], int]:
    """Send all requests at once; return the seconds of the good ones, and how many of them were not judged correct."""
    limits = httpx.Limits(max_connections=CONCURRENT)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        every = CONCURRENT // loops if loops else CONCURRENT + 1
        endless = [i % every == every // 2 and i // every < loops for i in range(CONCURRENT)]
        numbers = range(number * CONCURRENT, (number + 1) * CONCURRENT)
        sources = [f"{_LOOP}\n# {i}" if bad else _program(i) for i, bad in zip(numbers, endless, strict=True)]
        await asyncio.gather(*(client.get("/healthz") for _ in sources))  # connections first
        replies = await asyncio.gather(*(_score(client, source) for source in sources))
    good = [reply for reply, bad in zip(replies, endless, strict=True) if not bad]
    return [seconds for seconds, _ in good], sum(outcome != "correct" for _, outcome in good)


async def _score(client: httpx.AsyncClient, source: str) -> tuple[float, str]:
    answer = f"<think></think>\n<answer>```python\n{source}\n```</answer>"
    body = json.dumps({"items": [{"id": _FIRST, "completion": answer}]})
    started = time.perf_counter()
    reply = await client.post("/score", content=body, headers={"content-type": "application/json"})
    seconds = time.perf_counter() - started
    return seconds, str(reply.json()["verdicts"][0]["outcome"])
