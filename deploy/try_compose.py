"""`make test-compose`: compose.yaml brought up for real, looked at from inside, and broken on purpose.

Wants a Docker engine with compose v2, and about twenty minutes on two cores: the demo trainer runs to its end. Every
line that it prints was true a moment before; it ends with 1 at the first that is not. What it brings up it takes down.
"""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from benchmarks.faults.scores import Load, lost

PROJECT = "echelon-try"
SERVER, PROXY, METRICS = 18_000, 18_080, 19_090
SCORES, AT_ONCE = 4_000, 64
ENVIRONMENT = {
    **os.environ,
    "COMPOSE_PROJECT_NAME": PROJECT,
    "COMPOSE_PROFILES": "replicas,metrics",
    "ECHELON_PUBLISHED_PORT": str(SERVER),
    "ECHELON_PROXY_PORT": str(PROXY),
    "ECHELON_PROMETHEUS_PORT": str(METRICS),
}
INSIDE = """
import json, os
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
def writes(path):
    try:
        open(path + "/probe", "w").close()
    except OSError as error:
        return type(error).__name__
    return "written"
print(json.dumps({"uid": os.getuid(), "capabilities": int(status["CapEff"], 16), "bounding": int(status["CapBnd"], 16),
    "no_new_privileges": int(status["NoNewPrivs"]), "seccomp": int(status["Seccomp"]),
    "writes": {path: writes(path) for path in ("/", "/app", "/usr", "/tmp")}}))
"""

_COPY = (
    "from pathlib import Path; import trainer_client;"
    "text = (Path(trainer_client.__file__).parent / 'demo.yaml').read_text();"
    "Path('/runs/{}.yaml').write_text(text)"
)
_ROLLOUTS = (
    "select phase, generation, slot, sample, problem, item, outcome, reward, flags from rollouts o "
    "join runs r on r.key = o.run_key where r.name = '{}' order by 1, 2, 3, 4, 5"
)


def main() -> None:
    """Bring it up, try it, take it down."""
    began = time.monotonic()
    steps: Sequence[tuple[str, Callable[[], str]]] = (
        ("built", lambda: compose("build")),
        ("up, healthy in order", up),
        ("read-only and without rights inside", unprivileged),
        ("only loopback reaches it", published),
        ("Prometheus scrapes it", scraped),
        ("a replica killed", lambda: broken("replica", killed)),
        ("the database killed", lambda: broken("db", killed)),
        ("the same run from one server and from two", same_run),
        ("the demo", demo),
    )
    try:
        for what, step in steps:
            says = step()
            print(f"{time.monotonic() - began:6.0f} s  ok  {what}{f': {says}' if says else ''}", flush=True)
    finally:
        compose("down", "--volumes", "--timeout", "5")


def compose(*arguments: str) -> str:
    """Run a command of compose; raises where it fails, with its output."""
    done = subprocess.run(["docker", "compose", *arguments], env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"docker compose {' '.join(arguments)}\n{done.stdout[-4_000:]}\n{done.stderr[-4_000:]}")
    return done.stdout if arguments[0] not in ("build", "up", "down") else ""


def require(true: object, what: str) -> None:
    """End with what is not so."""
    if not true:
        raise SystemExit(f"not so: {what}")


def up() -> str:
    """The database is healthy before a server starts, both servers before the proxy does."""
    compose("up", "--detach", "--wait", "db", "server", "replica", "proxy", "prometheus")
    began = {name: _inspected(name, "{{.State.StartedAt}}") for name in ("db", "server", "replica", "proxy")}
    require(began["db"] < min(began["server"], began["replica"]), f"the database first: {began}")
    require(max(began["server"], began["replica"]) < began["proxy"], f"the servers before the proxy: {began}")
    return f"{httpx.get(url(PROXY, '/readyz')).json()}"


def unprivileged() -> str:
    """What a process inside the containers is and may do."""
    for name in ("server", "replica", "proxy"):
        found = json.loads(compose("exec", "-T", name, "python", "-c", INSIDE))
        rights = found["uid"], found["capabilities"], found["bounding"], found["no_new_privileges"], found["seccomp"]
        require(rights == (10_001, 0, 0, 1, 2), f"{name} without rights: {found}")
        for path, came in found["writes"].items():
            require((came == "written") == (path == "/tmp"), f"{name} writes to {path}: {came}")
    require(compose("exec", "-T", "db", "id", "-u").strip() == "999", "PostgreSQL is not root")
    return str(found)


def published() -> str:
    """No port is open but on loopback."""
    bound = _inspected("server", "{{json .NetworkSettings.Ports}}") + _inspected(
        "db", "{{json .NetworkSettings.Ports}}"
    )
    require('"HostIp":"127.0.0.1"' in bound and "0.0.0.0" not in bound, bound)
    return ""


def scraped() -> str:
    """Prometheus has a count of ours."""
    until(lambda: _asked("up") == "1", "Prometheus scrapes the server")
    return f"echelon_requests_total {_asked('sum(echelon_requests_total)')}"


def broken(service: str, how: Callable[[str], None]) -> str:
    """Score through the proxy while a service is broken; everything acknowledged is in PostgreSQL exactly once."""
    load = Load(SCORES, AT_ONCE)
    at: list[int] = []

    def breaks() -> None:
        at.append(len(load.acknowledged))
        how(service)

    load.send(url(PROXY), breaks)
    found = _stored()
    missing = lost(load.acknowledged, found)
    require(not missing and len(found) == SCORES, f"lost: {missing[:5]}; {len(found)} stored")
    _sql("delete from runs where name = 'faults'")
    return f"{service} killed after {at[0]:,} of {SCORES:,}; all acknowledged, each stored once"


def killed(service: str) -> None:
    """End a container's process as a crash does; docker starts it again by its policy."""
    os.kill(int(_inspected(service, "{{.State.Pid}}")), signal.SIGKILL)
    until(lambda: _inspected(service, "{{.State.Health.Status}}") == "healthy", f"{service} is healthy again")


def same_run() -> str:
    """Train the same small run against one server and against two behind nginx: the same completions and rewards."""
    small = ("grpo.steps=3", "grpo.prompts=8", "grpo.save_every=3")
    logs, kept = [], []
    before = [_scored(name) for name in ("server", "replica")]
    for name, address in (("one", "http://server:8000"), ("two", "http://proxy:8080")):
        _trainer("python", "-c", _COPY.format(name))
        settings = _set(*small, f"server.url={address}")
        _trainer("echelon-trainer", "train", f"/runs/{name}.yaml", "--run", f"/runs/{name}", *settings)
        logs.append(_trainer("cat", f"/runs/{name}/metrics.jsonl"))
        kept.append(_sql(_ROLLOUTS.format(_trainer("cat", f"/runs/{name}/run_id").strip())))
    one, two = ([_timeless(json.loads(line)) for line in log.splitlines()] for log in logs)
    require(one and one == two, f"the same rows: {one}\n{two}")
    require(kept[0].strip() and kept[0] == kept[1], "the same rollouts")
    answered = [_scored(name) - was for name, was in zip(("server", "replica"), before, strict=True)]
    require(min(answered) > 0, f"both servers scored: {answered}")
    return (
        f"{len(one)} rows of metrics equal but for times, {len(kept[0].splitlines())} rollouts equal; scored {answered}"
    )


def demo() -> str:
    """The demo trainer runs to its end against the server; its rollouts are in PostgreSQL."""
    done = compose("run", "--rm", "-T", "--name", f"{PROJECT}-demo", "trainer")
    stored = _sql("select r.state, count(*) from rollouts o join runs r on r.key = o.run_key group by r.key, r.state")
    require("promoted" in done or "climb.png" in done, done[-2_000:])
    return f"rollouts of its runs, by state: {'; '.join(stored.split())}\n{done[-1_500:]}"


def until(true: Callable[[], bool], what: str, limit_s: float = 120.0) -> None:
    """Wait for something; ends where it does not come."""
    end = time.monotonic() + limit_s
    while not true():
        require(time.monotonic() < end, what)
        time.sleep(0.5)


def url(port: int, path: str = "") -> str:
    return f"http://127.0.0.1:{port}{path}"


def _set(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def _trainer(*command: str) -> str:
    return compose("run", "--rm", "-T", "--no-deps", "trainer", *command)


def _inspected(service: str, what: str) -> str:
    done = subprocess.run(
        ["docker", "inspect", "--format", what, f"{PROJECT}-{service}-1"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _asked(query: str) -> str:
    found: list[dict[str, Any]] = httpx.get(url(METRICS, "/api/v1/query"), params={"query": query}).json()["data"][
        "result"
    ]
    return str(found[0]["value"][1]) if found else ""


def _scored(service: str) -> int:
    """Return how many requests for scores a server has answered."""
    program = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8000/metrics').read().decode())"
    told = compose("exec", "-T", service, "python", "-c", program)
    lines = [line for line in told.splitlines() if line.startswith('echelon_requests_total{endpoint="score"')]
    return round(sum(float(line.rsplit(" ", 1)[1]) for line in lines))


def _sql(statement: str) -> str:
    return compose("exec", "-T", "db", "psql", "-U", "echelon", "-At", "-c", statement)


def _stored() -> Counter[int]:
    rows = _sql("select slot from rollouts o join runs r on r.key = o.run_key where r.name = 'faults'").split()
    return Counter(map(int, rows))


def _timeless(row: dict[str, Any]) -> dict[str, Any]:
    timed = ("seconds", "time", "runtime", "per_second", "memory")
    return {name: value for name, value in row.items() if not any(word in name for word in timed)}


if __name__ == "__main__":
    main()
