"""The process that forks a child per program: `python -P -s -S -B zygote.py SETTINGS`. Imports nothing of ours.

It holds no expected answer and no secret, and reads no request: the child does, so that no request meets an earlier
one. On fd 0, a socket to the server; a frame is four bytes of length, big-endian, and JSON:

    server -> zygote    `run:` and four bytes: the processor time allowed, in milliseconds
    server -> child     {"source": ..., "inputs": [...], "max_bits": ...}
    zygote -> server    {"end": "exit" | "cpu" | "wall" | "output" | "signal", "signal": n, "lines": [...]}

A line of a child: `c:` it does not compile, `k:` it does, `n:` it defines no function, `i:ff` an output in hexadecimal,
`t:` another type, `b:` too many bits, `e:` an exception, `x:` one outside the function, `.` all inputs were taken.
"""

import ctypes
import gc
import json
import os
import resource
import select
import signal
import struct
import sys
import time
from typing import Any

RESULT_FD = 3
MAX_OUTPUT = 64 * 1024
MARK = b"run:"
_DUMPABLE, _NO_NEW_PRIVS, _SECCOMP = 4, 38, 22


class _Lock:
    """The door to the kernel: prepared before the fork, shut in the child."""

    def __init__(self, code: bytes) -> None:
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.buffer = ctypes.create_string_buffer(code, len(code))
        self.header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(self.buffer))
        self.prog = ctypes.create_string_buffer(self.header, len(self.header))

    def private(self) -> None:
        """Give up new privileges and being looked into."""
        self._call(_NO_NEW_PRIVS, 1, 0)
        self._call(_DUMPABLE, 0, 0)

    def shut(self) -> None:
        """Install the filter."""
        self._call(_SECCOMP, 2, ctypes.addressof(self.prog))

    def _call(self, what: int, first: int, second: int) -> None:
        if self.libc.prctl(what, ctypes.c_ulong(first), ctypes.c_ulong(second), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def _read_exactly(fd: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = os.read(fd, count - len(data))
        if not part:
            os._exit(0)
        data += part
    return data


def _line(value: Any, max_bits: int) -> str:
    """Return one output as text: an integer in hexadecimal, or what is wrong with it."""
    kind = type(value)
    if kind is bool:
        value = 1 if value is True else 0
    elif kind is not int:
        return "t:"
    return "b:" if value.bit_length() > max_bits else f"i:{value:x}"


def _child(settings: dict[str, Any], lock: _Lock, read_end: int, write_end: int) -> None:
    """Read the request, close everything but the result pipe, shut the door, and only then look at the program."""
    request = json.loads(_read_exactly(0, struct.unpack(">I", _read_exactly(0, 4))[0]))
    os.close(read_end)
    os.dup2(write_end, RESULT_FD + 100)
    os.closerange(0, RESULT_FD + 100)
    os.dup2(RESULT_FD + 100, RESULT_FD)
    os.closerange(RESULT_FD + 1, 512)
    os.set_blocking(RESULT_FD, False)
    sys.modules["random"].seed(0)  # it seeds itself anew after a fork
    memory = settings["memory_mb"] << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (settings["cpu_s"], settings["cpu_s"]))
    if settings["filter"]:
        lock.shut()
    try:
        _say(_run(request["source"], request["inputs"], request["max_bits"]))
    except MemoryError:
        _say("x:memory")
    except BaseException:  # whatever a program raises, also SystemExit and what it made itself
        _say("x:")
    finally:
        os._exit(0)


def _say(line: str) -> None:
    os.write(RESULT_FD, line.encode() + b"\n")


def _run(source: str, inputs: list[int], max_bits: int) -> str:
    """Run a program on its inputs, a line each; return the last line."""
    names: dict[str, Any] = {"__name__": "program", "__builtins__": __builtins__}
    try:
        code = compile(source, "<program>", "exec", dont_inherit=True)
    except MemoryError:
        raise
    except BaseException:
        return "c:"
    _say("k:")
    exec(code, names)
    function = _function(names)
    if function is None:
        return "n:"
    for value in inputs:
        _say(_output(function, value, max_bits))
    return "."


def _function(names: dict[str, Any]) -> Any:
    """Return `f`, or the last function that a program defines."""
    if callable(names.get("f")):
        return names["f"]
    functions = [thing for thing in names.values() if type(thing) is type(_say)]
    return functions[-1] if functions else None


def _output(function: Any, value: int, max_bits: int) -> str:
    try:
        return _line(function(value), max_bits)
    except RecursionError:
        return "e:recursion"
    except MemoryError:
        return "e:memory"
    except Exception:
        return "e:"


def _watch(child: int, read_end: int, cpu_ms: int, wall_ms: int) -> dict[str, Any]:
    """Collect what a child writes until it ends or its time does; return how it ended, and its output."""
    deadline = time.monotonic() + wall_ms / 1000
    end, output = "exit", b""
    poll = select.poll()
    poll.register(read_end, select.POLLIN | select.POLLHUP)
    while True:
        if poll.poll(5 if not output else 20):
            part = os.read(read_end, 1 << 16)
            if not part:
                break
            output = (output + part)[: MAX_OUTPUT + 1]
        if end := _over(child, len(output), cpu_ms, deadline):
            os.kill(child, signal.SIGKILL)
            break
    _, status = os.waitpid(child, 0)
    killer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if not end or end == "exit":
        end = "cpu" if killer == signal.SIGXCPU else "signal" if killer else "exit"
    return {"end": end, "signal": killer, "lines": output.decode("ascii", "replace").split("\n")}


def _over(child: int, written: int, cpu_ms: int, deadline: float) -> str:
    """Return which limit a child is over, or ""."""
    try:
        spent = time.clock_gettime((~child << 3) | 2)  # the processor time of another process
    except OSError:
        return ""  # it has ended; the pipe says so next
    if written > MAX_OUTPUT:
        return "output"
    return "cpu" if spent * 1000 > cpu_ms else "wall" if time.monotonic() > deadline else ""


def main() -> None:
    """Fork until the server is gone."""
    settings = json.loads(sys.argv[1])
    for name in settings["modules"]:
        __import__(name)
    compile("\N{GREEK SMALL LETTER ALPHA} = 1", "", "exec")  # loads what identifiers need
    os.closerange(3, 512)
    lock = _Lock(bytes.fromhex(settings["filter"]))
    lock.private()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.path.clear()
    sys.path_importer_cache.clear()
    sys.meta_path.clear()
    sys.setrecursionlimit(settings["recursion"])
    sys.set_int_max_str_digits(4_300)
    sys.stdout = sys.stderr = sys.stdin = None
    gc.collect()
    gc.freeze()
    poll = select.poll()
    poll.register(0, select.POLLIN | select.POLLRDHUP)
    _send({"ready": True})
    while True:
        [(_, event)] = poll.poll()
        if event & (select.POLLHUP | select.POLLRDHUP | select.POLLERR):
            os._exit(0)  # the server is gone
        mark, cpu_ms = struct.unpack(">4sI", _read_exactly(0, 8))
        if mark != MARK:
            os._exit(1)  # a child left some of its request: another lane begins afresh
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                _child(settings, lock, read_end, write_end)
            finally:
                os._exit(1)
        os.close(write_end)
        ended = _watch(child, read_end, cpu_ms, settings["wall_ms"])
        os.close(read_end)
        _send(ended)


def _send(message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    data = struct.pack(">I", len(data)) + data
    while data:
        data = data[os.write(0, data) :]


if __name__ == "__main__":
    main()
