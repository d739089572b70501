"""`make soak`: very many programs, right and hostile; memory, descriptors and processes stay as they are."""

import gc
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from generators.sandbox.limits import Limits
from generators.sandbox.sandbox import Sandbox

# Of a thousand programs: one that never ends, some that are killed, that ask for too much, that do not compile.
_ODD = {
    3: "def f(k):\n    while True: pass",
    101: "import os\ndef f(k):\n    os.fork()",
    211: "def f(k):\n    return [0] * 10 ** 12",
    307: "def f(k):\n    return (",
    401: "import os\nos.abort()",
    503: "import os\ndef f(k):\n    os.write(3, b'x' * 60_000)",
    601: "def f(k):\n    raise SystemExit",
    701: "import os\nos.write(3, b'k:\\n.\\n')\nos._exit(0)",
}
_PLAIN = "def f(k):\n    return 2 ** k + {0}"


def soak(programs: int, every: int) -> tuple[list[tuple[int, ...]], int]:
    """Run so many programs; return (MB here, MB of the lanes, descriptors, processes) at intervals, and the errors."""
    sandbox = Sandbox(lanes=2, limits=Limits(cpu_ms=100))
    found: list[tuple[int, ...]] = []
    wrong = 0
    with ThreadPoolExecutor(4) as pool:
        for start in range(0, programs, every):
            wrong += sum(pool.map(lambda i: _misjudged(sandbox, i), range(start, min(start + every, programs))))
            found.append(_state())
    sandbox.close()
    return found, wrong


def _misjudged(sandbox: Sandbox, i: int) -> bool:
    if (odd := _ODD.get(i % 1_000)) is not None:
        return sandbox.run(f"{odd}\n# {i}", (1, 2)).outputs == (2 + i, 4 + i)
    return sandbox.run(_PLAIN.format(i), (1, 2)).outputs != (2 + i, 4 + i)


def _state() -> tuple[int, ...]:
    gc.collect()
    children = [child for task in Path("/proc/self/task").glob("*/children") for child in task.read_text().split()]
    return _resident("self"), sum(map(_resident, children)), len(os.listdir("/proc/self/fd")), len(children)


def _resident(process: str) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) // 1_024 if found else 0


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    states, errors = soak(count, max(1, count // 10))
    print(f"{'programs':>10} {'MB here':>10} {'MB lanes':>10} {'fds':>6} {'processes':>10}")
    for at, state in enumerate(states, 1):
        print(f"{at * max(1, count // 10):>10,} {state[0]:>10} {state[1]:>10} {state[2]:>6} {state[3]:>10}")
    print(f"misjudged: {errors}")
    sys.exit(bool(errors))
