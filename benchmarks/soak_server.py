"""`make soak-server`: a million scores in batches of 64, kept and not kept; the server's memory stays as it is."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from generators.families import problem
from trainer_client.server_process import running_server

_BATCH = 64
_PROBLEM = "matrix_inverse@1/bound=40,kind=shear,n=2/train/{}/bare"
_PARTS = 10
_JSON = {"Content-Type": "application/json"}


def soak_server(scores: int, kept: bool) -> Iterator[tuple[int, float]]:
    """Yield how many scores were made, and the server's resident megabytes."""
    with tempfile.TemporaryDirectory() as name:
        settings = {"ECHELON_DATABASE_URL": f"sqlite:///{name}/kept.db"}
        with (
            running_server(Path(name) / "log", settings=settings) as url,
            httpx.Client(base_url=url, timeout=60, headers=_JSON) as http,
        ):

            def send(number: int) -> None:
                http.post("/score", content=_body(number, kept)).raise_for_status()

            requests = -(-scores // _BATCH)
            with ThreadPoolExecutor(4) as pool:
                for part in range(_PARTS):
                    list(pool.map(send, range(part * requests // _PARTS, (part + 1) * requests // _PARTS)))
                    yield (part + 1) * requests // _PARTS * _BATCH, _resident(http.get("/metrics").text)


def _body(number: int, kept: bool) -> bytes:
    """Return a batch: eight problems, eight answers to each, some right, none sent before."""
    items = []
    for slot in range(_BATCH // 8):
        id = _PROBLEM.format((8 * number + slot) % 2**40)
        said = [problem(id).reveal("answer"), *(f"{number},{slot};{sample},1/7" for sample in range(1, 8))]
        items += [{"id": id, "completion": text, "slot": slot, "sample": at} for at, text in enumerate(said)]
    run = {"run": {"run": "soak", "phase": "train", "generation": number}} if kept else {}
    return json.dumps({"items": items, **run}).encode()


def _resident(metrics: str) -> float:
    found = re.search(r"^process_resident_memory_bytes (.*)$", metrics, re.MULTILINE)
    assert found, "/metrics says nothing of the memory"
    return float(found[1]) / 2**20


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10**6
    for kept in (False, True):
        for done, megabytes in soak_server(count, kept):
            print(f"{done:>10,} scores, {'kept' if kept else 'not kept'}: {megabytes:6.1f} MB", flush=True)
