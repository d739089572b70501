"""Requests per second of `/sample` and `/score`, single and in batches of 64, on 2x2 problems."""

import json
from pathlib import Path

from benchmarks.load import Load, requests_per_second
from generators.families import problem
from trainer_client.client import EnvClient
from trainer_client.server_process import running_server

_BODIES = 400  # different ones, so that a cache of problems does not answer for the generator


def bench_server(folder: Path, load: Load) -> list[tuple[str, str]]:
    """Return rows of (what, figure)."""
    rows = []
    with running_server(folder / "server.log") as url:
        with EnvClient(url) as client:
            reference = client.curriculum("inverse").reference
        for name, path, bodies, batch in _cases(reference):
            rate = requests_per_second(url, path, bodies, load)
            unit = f"{rate:,.0f} requests/s" + (f" = {rate * batch:,.0f} items/s" if batch > 1 else "")
            rows.append((name, unit))
    return rows


def _cases(reference: str) -> list[tuple[str, str, list[str], int]]:
    cases = []
    for batch in (1, 64):
        samples = [_sample(reference, range(i * batch, (i + 1) * batch)) for i in range(_BODIES)]
        cases.append((f"/sample, fresh 2x2 problems, {batch} a request", "/sample", samples, batch))
        scores = [_score(reference, range(i * batch, (i + 1) * batch)) for i in range(_BODIES // batch + 8)]
        cases.append((f"/score, half right, {batch} a request", "/score", scores, batch))
    return cases


def _sample(reference: str, slots: range) -> str:
    return json.dumps({"curriculum": reference, "stage": "shear", "slots": list(slots), "seed": len(slots)})


def _score(reference: str, seeds: range) -> str:
    items = []
    for seed in seeds:
        at = f"matrix_inverse@1/bound=40,kind=shear,n=2/train/{seed}/chat"
        posed = problem(at)
        items.append({"id": at, "completion": posed.reveal("answer") if seed % 2 else posed.guesses["negation"]})
    return json.dumps({"items": items, "curriculum": reference})
