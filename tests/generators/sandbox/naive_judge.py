"""A judge without any protection, as the control: `python naive_judge.py` reads a request, runs it, prints a verdict.

It keeps the expected values in the process that runs the program and compares what the program returns with `==`.
"""

import json
import resource
import sys

request = json.load(sys.stdin)
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
expected = request["expected"]
names = {"__name__": "program"}
exec(request["source"], names)
outputs = [names["f"](k) for k in request["inputs"]]
print("correct" if all(x == y for x, y in zip(outputs, expected, strict=True)) else "incorrect", flush=True)
