"""Do every fault and say what was seen; ends with 1 where an acknowledged score was lost or a promise broken."""

import sys

from benchmarks.faults.scenarios import SCENARIOS, Size, tried

if __name__ == "__main__":
    size = Size(400, 16) if "--short" in sys.argv else Size()
    failed = False
    for scenario in SCENARIOS:
        seen = tried(scenario, size)
        failed |= bool(seen.wrong)
        says = "FAIL" if seen.wrong else "ok" if seen.tried else "skip"
        print(f"{says:<5}{seen.fault:<40} {seen.says} {seen.wrong}".rstrip(), flush=True)
    sys.exit(failed)
