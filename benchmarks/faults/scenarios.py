"""Each fault, done to a real server: what was acknowledged is there exactly once, and all of it in the end."""

import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.faults.postgres import NotHere, Postgres
from benchmarks.faults.scores import Load, kept, lost
from benchmarks.faults.server import Served

_BALLAST_BYTES = 3 * 2**20
_ROOM = "8m"


@dataclass(frozen=True)
class Seen:
    """What came of one fault; `wrong` is empty where it is as documented, and where it could not be tried."""

    fault: str
    says: str
    wrong: str = ""
    tried: bool = True


@dataclass(frozen=True)
class Size:
    """How much is stored in each scenario, by how many at once."""

    scores: int = 10_000
    at_once: int = 64


Scenario = Callable[[Path, Size], Seen]


def killed_on_sqlite(folder: Path, size: Size) -> Seen:
    """`kill -9` of the server in the middle, restarted on the same file."""
    return _killed("kill -9, SQLite", folder, size, f"sqlite:///{folder}/kept.db")


def killed_on_postgres(folder: Path, size: Size) -> Seen:
    """`kill -9` of the server in the middle, restarted on the same PostgreSQL."""
    postgres = Postgres()
    try:
        return _killed("kill -9, PostgreSQL", folder, size, postgres.address)
    finally:
        postgres.close()


def _killed(fault: str, folder: Path, size: Size, address: str) -> Seen:
    load, at_kill = Load(size.scores, size.at_once), list[str]()
    with _serving(folder, address) as server:

        def kill() -> None:
            server.kill()
            before = list(load.acknowledged)
            found = kept(address)
            missing = lost(before, found)
            at_kill.append(f"{len(before):,} acknowledged at the kill, {len(found):,} stored, {len(missing)} lost")
            if missing:
                at_kill.append(f"lost: {missing[:5]}")
            server.restart()

        load.send(server.url, kill)
        return _counted(fault, load, address, at_kill)


def postgres_stopped(folder: Path, size: Size) -> Seen:
    """PostgreSQL stopped at once and started again, while scores are stored; `/readyz` says so in between."""
    postgres = Postgres()
    try:
        load, told = Load(size.scores, size.at_once), list[str]()
        with _serving(folder, postgres.address) as server:

            def stop() -> None:
                postgres.stop()
                server.until(503)
                before = list(load.acknowledged)
                refused = httpx.post(f"{server.url}/score", json=_one(10**6), timeout=30).status_code
                judged = httpx.post(f"{server.url}/score", json={"items": _one(0)["items"]}, timeout=30).status_code
                postgres.start()
                server.until(200)
                missing = lost(before, kept(postgres.address))
                told.append(f"meanwhile readyz 503, a score with a run {refused}, one without {judged}")
                if missing or (refused, judged) != (503, 200):
                    told.append(f"lost: {missing[:5]}")

            load.send(server.url, stop)
            return _counted("PostgreSQL stopped and started", load, postgres.address, told)
    finally:
        postgres.close()


def locked(folder: Path, size: Size) -> Seen:
    """Another process holds SQLite's write lock for longer than anybody waits."""
    address, load, told = f"sqlite:///{folder}/kept.db", Load(size.scores // 4, size.at_once), list[str]()
    with _serving(folder, address) as server:

        def lock() -> None:
            holder = sqlite3.connect(folder / "kept.db", isolation_level=None, timeout=60)
            holder.execute("BEGIN IMMEDIATE")
            refused = httpx.post(f"{server.url}/score", json=_one(10**6), timeout=30).status_code
            read = httpx.get(f"{server.url}/runs", timeout=30).status_code
            holder.execute("COMMIT")
            holder.close()
            told.append(f"meanwhile a score with a run {refused}, reading {read}")
            if (refused, read) != (503, 200):
                told.append("not as documented")

        load.send(server.url, lock)
        return _counted("store locked", load, address, told)


def disk_full(folder: Path, size: Size) -> Seen:
    """A file system of 8 MB that fills up, and then has room again."""
    place, fault = folder / "disk", "disk full"
    place.mkdir()
    ballast = f"head -c {_BALLAST_BYTES} /dev/zero > {place}/ballast"
    within = [
        "unshare",
        "-r",
        "-m",
        "sh",
        "-c",
        f'mount -t tmpfs -o size={_ROOM} none {place} && {ballast} && exec "$@"',
    ]
    if shutil.which("unshare") is None or subprocess.run([*within, "sh", "true"], capture_output=True).returncode:
        return Seen(fault, "not tried: this machine lets nobody mount a file system of their own", tried=False)
    settings = {"ECHELON_DATABASE_URL": f"sqlite:///{place}/kept.db", "ECHELON_STORE_TIMEOUT_S": "1"}
    server = Served(folder, settings, [*within, "sh"])
    try:
        load, slot, said = Load(size.scores, size.at_once), 0, "x" * 4_000
        while (status := httpx.post(f"{server.url}/score", json=_one(slot, said), timeout=60).status_code) == 200:
            load.acknowledged[slot] = ""
            slot += 1
            if slot > 20_000:
                return Seen(fault, "", "it never filled up")
        there = len(httpx.get(f"{server.url}/rollouts", params={"most": 1}, timeout=60).json())
        (Path(f"/proc/{server.process.pid}/root") / str(place).lstrip("/") / "ballast").unlink()
        again = httpx.post(f"{server.url}/score", json=_one(slot, said), timeout=60).status_code
        found = _read_back(server.url)
        missing = [one for one in load.acknowledged if found.count(one) != 1]
        says = f"{slot:,} acknowledged, then {status}; readable meanwhile: {bool(there)}; with room again {again}"
        wrong = (
            f"lost: {missing[:5]}"
            if missing
            else ""
            if (status, again, there) == (503, 200, 1)
            else "not as documented"
        )
        return Seen(fault, f"{says}; {len(missing)} lost", wrong)
    finally:
        server.close()


def slow_and_half_closed(folder: Path, size: Size) -> Seen:
    """Senders that never finish, readers that never read, and a client that closes its half after asking."""
    address = f"sqlite:///{folder}/kept.db"
    with _serving(folder, address, ECHELON_BODY_TIMEOUT_S="1", ECHELON_MAX_IN_FLIGHT="8") as server:
        place = ("127.0.0.1", server.port)
        head = (
            b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        )
        slow = [socket.create_connection(place) for _ in range(32)]
        for one in slow:
            one.sendall(head % 100 + b"{")
        deaf = [socket.create_connection(place) for _ in range(16)]
        for one in deaf:
            one.sendall(b"GET /families HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        load = Load(size.scores // 20, 4)
        load.send(server.url)
        answers = {one.recv(12) for one in slow}
        body = httpx.Request("POST", server.url, json=_one(10**6)).content
        half = socket.create_connection(place)
        half.sendall(head % len(body) + body)
        half.shutdown(socket.SHUT_WR)
        half.settimeout(30)
        answered = half.recv(12).decode() or "closed without an answer"
        again = httpx.post(f"{server.url}/score", json=_one(10**6), timeout=30).status_code
        for one in (*slow, *deaf, half):
            one.close()
        found = kept(address)
        told = [f"32 slow senders got {b', '.join(answers).decode()}; half-closed: {answered}, sent again {again}"]
        if answers != {b"HTTP/1.1 408"} or again != 200 or found[10**6] != 1:
            told.append("not as documented")
        del found[10**6]
        return _counted("slow clients, half-closed connection", load, address, told)


SCENARIOS: tuple[Scenario, ...] = (
    killed_on_sqlite,
    killed_on_postgres,
    postgres_stopped,
    locked,
    disk_full,
    slow_and_half_closed,
)


def tried(scenario: Scenario, size: Size) -> Seen:
    """Return what comes of a fault, done in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        try:
            return scenario(Path(name), size)
        except NotHere as error:
            return Seen(scenario.__name__, f"not tried: {error}", tried=False)


@contextmanager
def _serving(folder: Path, address: str, **settings: str) -> Iterator[Served]:
    server = Served(folder, {"ECHELON_STORE_TIMEOUT_S": "1", **settings, "ECHELON_DATABASE_URL": address})
    try:
        yield server
    finally:
        server.close()


def _one(slot: int, said: str = "1,0;0,1") -> dict[str, object]:
    id = "matrix_inverse@1/bound=40,kind=shear,n=2/train/0/bare"
    run = {"run": "faults", "phase": "train", "generation": 0}
    return {"items": [{"id": id, "completion": said, "slot": slot}], "run": run}


def _read_back(url: str) -> list[int]:
    """Return every slot that is stored, by pages."""
    slots: list[int] = []
    before: int | None = None
    while page := httpx.get(f"{url}/rollouts", params={"most": 1_000} | ({"before": before} if before else {})).json():
        slots += [one["item"]["slot"] for one in page]
        before = page[-1]["key"]
    return slots


def _counted(fault: str, load: Load, address: str, told: list[str]) -> Seen:
    """Return the end: each score acknowledged and stored once; what is told second was wrong before."""
    found = kept(address)
    missing = lost(range(load.scores), found)
    extra = sum(found.values()) - sum(found[slot] for slot in range(load.scores)) - (10**6 in found)
    whole = len(load.acknowledged) == load.scores
    says = f"{told[0]}; in the end {len(load.acknowledged):,} acknowledged, each stored once"
    wrong = "; ".join(told[1:])
    if missing or extra or not whole:
        wrong = f"{wrong} {len(missing)} not stored exactly once, {extra} nobody sent".strip()
    return Seen(fault, says, wrong)
