"""`make bench-server`: `/sample` and `/score` beside reasoning-gym's server and an OpenEnv environment, in one run.

The same load generator asks one worker of each: 2x2 inverses and reasoning-gym's `chain_sum`, one a request over eight
connections, and in batches of 64. Problems to sample are new each time. Scores come as GRPO has them: eight answers to
each problem, every other one right and the others all different, of more problems than a server remembers.
"""

import json
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx

from benchmarks.concurrent_scores import bench_concurrent
from benchmarks.load import Asked, Load
from benchmarks.openenv_episodes import bench_openenv
from benchmarks.peers.process import peer_process
from benchmarks.wrk import rate
from generators.families import problem
from trainer_client.client import EnvClient
from trainer_client.server_process import running_server

_GROUPS = 5_120  # of answers to one problem each: more problems than a server remembers
_GROUP = 8
_ROUNDS = 3
_SHEAR = "matrix_inverse@1/bound=40,kind=shear,n=2/train/{}/bare"
_SUM = "rg.chain_sum@1/kind=default,release=0_1_25,scorer=strict/train/{}/bare"
_FAMILIES = {
    "2x2 inverses": ("inverses", "matrix_inverse@1", {"kind": "shear", "n": 2, "bound": 40}, _SHEAR),
    "chain_sum": ("chain_sum", "rg.chain_sum@1", {"kind": "default", "release": "0_1_25", "scorer": "strict"}, _SUM),
}
_PEER = "benchmarks.peers.reasoning_gym_app"


def bench_server(folder: Path, load: Load, rounds: int = _ROUNDS, groups: int = _GROUPS) -> Iterator[tuple[str, str]]:
    """Yield rows of (what, figure), ratios as medians of rounds taken in turn."""
    yield from _start(folder)
    kept = {"ECHELON_DATABASE_URL": f"sqlite:///{folder}/kept.db"}
    with running_server(folder / "server.log", settings=kept) as url, peer(folder) as other:
        for what, batch in [(what, batch) for what in _FAMILIES for batch in (1, 64)]:
            for name, ours, theirs in _cases((url, other), what, batch, groups):
                yield f"{name} {what}, {batch} a request", _figure(url, other, (ours, theirs), load, (batch, rounds))
        yield from _kept(url, load, groups)
    yield from bench_openenv(folder, load)
    yield from bench_concurrent(folder, 2_000 if groups == _GROUPS else 100)


def _figure(url: str, other: str, asked: tuple[Asked, Asked | None], load: Load, how: tuple[int, int]) -> str:
    batch, rounds = how
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(rate(url, asked[0], load))
        if asked[1] is not None:
            theirs.append(rate(other, asked[1], load))
    said = f"{median(ours):,.0f} requests/s" + (f" = {batch * median(ours):,.0f} items/s" if batch > 1 else "")
    if not theirs:
        return f"{said}; reasoning-gym is not installed"
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    return (
        f"{said}; reasoning-gym's {median(theirs):,.0f}: x {median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})"
    )


def _cases(urls: tuple[str, str], what: str, batch: int, groups: int) -> Iterator[tuple[str, Asked, Asked | None]]:
    other = urls[1]
    name, family, params, _ = _FAMILIES[what]
    there = {"X-API-Key": "default-dev-key"}
    path = f"/experiments/{name}"
    starts = range(0, 4 * groups, batch)
    asking = {"family": family, "params": params, "style": "bare"}
    samples = [json.dumps({**asking, "slots": list(range(start, start + batch))}) for start in starts]
    asked = [(f"{path}/batch?base_index={start}&batch_size={batch}", "") for start in starts]
    yield "/sample", _posts("/sample", samples), Asked("GET", asked, there) if other else None
    ours = _parts([_item(what, *at) for at in _answered(groups)], batch)
    scores = _posts("/score", [json.dumps({"items": part}) for part in ours])
    theirs = [json.dumps({"answers": part}) for part in _parts(_answers(other, path, groups), batch)] if other else []
    yield "/score", scores, Asked("POST", [(f"{path}/score", body) for body in theirs], there) if other else None


def _answered(groups: int) -> Iterator[tuple[int, int]]:
    """Yield problem and sample: the answers to one after those to another."""
    return ((seed, sample) for seed in range(groups) for sample in range(_GROUP))


def _parts(items: Sequence[dict[str, str]], batch: int) -> list[Sequence[dict[str, str]]]:
    return [items[at : at + batch] for at in range(0, len(items), batch)]


def _posts(path: str, bodies: Sequence[str]) -> Asked:
    return Asked("POST", [(path, body) for body in bodies])


def _item(what: str, seed: int, sample: int) -> dict[str, str]:
    """Return an answer, every other one right."""
    id = _FAMILIES[what][3].format(seed)
    wrong = f"1,{sample};{seed},1" if what == "2x2 inverses" else str(10**6 + _GROUP * seed + sample)
    return {"id": id, "completion": wrong if sample % 2 else problem(id).reveal("answer")}


def _answers(url: str, path: str, groups: int) -> list[dict[str, str]]:
    """Return answers as reasoning-gym's server takes them; what is right it does not say, so that it is only alike."""
    entries = []
    for start in range(0, groups, 64):
        where = f"{url}{path}/batch?base_index={start}&batch_size=64"
        entries += httpx.get(where, headers={"X-API-Key": "default-dev-key"}, timeout=60).json()["entries"]
    said = "1, {0}; 0, 1" if "inverses" in path else "{0}"
    return [
        {"entry_id": entry["entry_id"], "answer": said.format(sample if sample % 2 else 0)}
        for entry in entries
        for sample in range(_GROUP)
    ]


def _kept(url: str, load: Load, groups: int) -> Iterator[tuple[str, str]]:
    """Yield how much slower it is to keep what is scored; every request is another generation."""
    for batch in (1, 64):
        for named in (False, True):
            bodies = []
            for number in range(4 * groups // batch):
                item = _item("2x2 inverses", number % 200, 1)
                run = {"run": "bench", "phase": "train", "generation": number}
                items = [{**item, "slot": slot} for slot in range(batch)]
                bodies.append(json.dumps({"items": items, "run": run} if named else {"items": items}))
            found = rate(url, _posts("/score", bodies), Load(64, load.seconds))
            what = f"/score, {batch} a request, 64 at once, {'kept in SQLite' if named else 'not kept'}"
            yield what, f"{found:,.0f} requests/s" + (f" = {batch * found:,.0f} items/s" if batch > 1 else "")


def _start(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield how long a server takes to answer, and what it holds then and with the inverse curriculum served."""
    started = time.perf_counter()
    with running_server(folder / "start.log") as url:
        took = time.perf_counter() - started
        with EnvClient(url) as client:
            reference = client.curriculum("inverse").reference
        body = {"curriculum": reference, "stage": "shear", "slots": list(range(64))}
        for _ in range(20):
            httpx.post(f"{url}/sample", json=body)
        yield "server start", f"{took:.2f} s until it answers"
        found = re.search(r"^process_resident_memory_bytes (.*)$", httpx.get(f"{url}/metrics").text, re.MULTILINE)
        yield "server memory, the inverse curriculum served", f"{float(found[1]) / 1e6 if found else 0:.0f} MB resident"


@contextmanager
def peer(folder: Path) -> Iterator[str]:
    """Yield the address of reasoning-gym's server, "" where reasoning-gym is not installed."""
    try:
        import reasoning_gym  # noqa: F401
    except ImportError:
        yield ""
        return
    with peer_process(_PEER, "/health", folder / "peer.log") as port:
        yield f"http://127.0.0.1:{port}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for what, figure in bench_server(Path(name), Load(seconds=4.0)):
            print(f"{what:<66} {figure}", flush=True)
