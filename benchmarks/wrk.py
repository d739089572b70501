"""The load generator `wrk`: connections with one request in flight each, all of several requests in turn.

Where it is not installed our own does it, which is slower than a fast server and says so by it.
"""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.load import Asked, Load, requests_per_second

_SCRIPT = """
local asked = {{ {asked} }}
local ready, at = {{}}, 0
init = function(args)
  for i, one in ipairs(asked) do ready[i] = wrk.format({method}, one[1], {{ {headers} }}, one[2]) end
end
request = function() at = at % #ready + 1; return ready[at] end
"""


def rate(url: str, asked: Asked, load: Load) -> float:
    """Return the requests per second that a server answers; raises `RuntimeError` where one is not a 2xx."""
    if shutil.which("wrk") is None:
        return requests_per_second(url, asked, load)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "requests.lua"
        script.write_text(_written(asked), encoding="utf-8")
        pressed = ["-t1", f"-c{load.connections}", f"-d{max(1, round(load.seconds))}s", "--timeout", "30s"]
        command = ["wrk", *pressed, "-s", str(script), url]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if wrong := re.search(r"(Non-2xx or 3xx responses|Socket errors): .*", said):
        raise RuntimeError(f"{asked.requests[0][0]}: {wrong[0]}")
    found = re.search(r"Requests/sec:\s+([0-9.]+)", said)
    if found is None:
        raise RuntimeError(said)
    return float(found[1])


def _written(asked: Asked) -> str:
    headers = {"Content-Type": "application/json", **asked.headers}
    return _SCRIPT.format(
        asked=", ".join(f"{{ {_lua(path)}, {_lua(body) if body else 'nil'} }}" for path, body in asked.requests),
        method=_lua(asked.method),
        headers=", ".join(f"[{_lua(name)}] = {_lua(value)}" for name, value in headers.items()),
    )


def _lua(text: str) -> str:
    # JSON's escapes of control characters and quotes are Lua's too; what it escapes by \\u is not.
    return json.dumps(text, ensure_ascii=False)
