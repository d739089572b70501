"""The process that forks a child per program: `python -P -s -S -B zygote.py SETTINGS`. Imports nothing of ours.

A child begins as a copy of it, so it must never hold what one program may not know of another: no request, no output,
no expected value. These pass between the server and the child alone, by a socket that the server makes for each
program and sends along. On fd 0, commands:

    server -> zygote    `run:` and the processor time allowed, in milliseconds; with it, the socket for the child
    server -> zygote    `end:` and 1 to kill the child: it has written all that the server wants to read
    zygote -> server    four bytes of length and {"end": "exit" | "cpu" | "signal" | "setup", "signal": n}

By the other socket, the child reads four bytes of length and {"source": ..., "inputs": [...], "max_bits": ...}, and
writes lines: `s:` the door is shut; then `c:` it does not compile or `k:` it does, `n:` it defines no function, `i:ff`
an output in hexadecimal, `t:` another type, `b:` too many bits, `e:` an exception, `x:` one outside the function, and
`.` when all inputs were taken.
"""

import _socket
import array
import contextlib
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
RUN, END = b"run:", b"end:"
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


def _child(settings: dict[str, Any], lock: _Lock, channel: int) -> None:
    """Read the request, close everything but the channel, shut the door, and only then look at the program."""
    request = json.loads(_read_exactly(channel, struct.unpack(">I", _read_exactly(channel, 4))[0]))
    os.dup2(channel, RESULT_FD + 100)
    os.closerange(0, RESULT_FD + 100)
    os.dup2(RESULT_FD + 100, RESULT_FD)
    os.closerange(RESULT_FD + 1, 512)
    sys.modules["random"].seed(0)  # it seeds itself anew after a fork
    memory = settings["memory_mb"] << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (settings["cpu_s"], settings["cpu_s"]))
    if settings["filter"]:
        lock.shut()
    _say("s:")
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
    """Return `f`; else the method `f` of a class; else the last function that can be called with one argument."""
    if callable(names.get("f")):
        return names["f"]
    for thing in reversed(list(names.values())):
        if isinstance(thing, type) and callable(getattr(thing, "f", None)):
            return thing().f
    functions = [thing for thing in names.values() if type(thing) is type(_say) and _takes_one(thing)]
    return functions[-1] if functions else None


def _takes_one(function: Any) -> bool:
    code = function.__code__
    least = code.co_argcount - len(function.__defaults__ or ())
    return least <= 1 <= code.co_argcount and not code.co_name.startswith(("test", "main"))


def _output(function: Any, value: int, max_bits: int) -> str:
    try:
        return _line(function(value), max_bits)
    except RecursionError:
        return "e:recursion"
    except MemoryError:
        return "e:memory"
    except Exception:
        return "e:"


def _watched(child: int, control: Any, cpu_ms: int) -> dict[str, Any]:
    """Wait until the server wants no more of a child, or its processor time is up; return how it ended."""
    poll, over = select.poll(), False
    poll.register(0, select.POLLIN | select.POLLRDHUP)
    while not (events := poll.poll(5)):
        if not over and _spent_ms(child) > cpu_ms:
            over = True
            os.kill(child, signal.SIGKILL)
    if events[0][1] & (select.POLLHUP | select.POLLRDHUP | select.POLLERR):
        os.kill(child, signal.SIGKILL)
        os._exit(0)  # the server is gone
    mark, kill = struct.unpack(">4sI", _received(control)[0])
    if mark != END:
        os._exit(1)
    if kill:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    killer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    end = "cpu" if over or killer == signal.SIGXCPU else "signal" if killer else "exit"
    return {"end": end, "signal": killer}


def _spent_ms(child: int) -> float:
    """Return the processor time of another process; 0 if it has ended."""
    try:
        return time.clock_gettime((~child << 3) | 2) * 1000
    except OSError:
        return 0.0


def _received(control: Any) -> tuple[bytes, list[int]]:
    """Return one command and the descriptors that came with it."""
    data, ancillary, _, _ = control.recvmsg(8, _socket.CMSG_SPACE(array.array("i").itemsize))
    if len(data) != 8:
        os._exit(0)  # the server is gone
    descriptors = array.array("i")
    for level, kind, payload in ancillary:
        if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS):
            descriptors.frombytes(payload[: len(payload) - len(payload) % descriptors.itemsize])
    return data, list(descriptors)


def _prepared(settings: dict[str, Any]) -> _Lock:
    """Load what programs may import, and give up what neither this process nor its children need."""
    for name in settings["modules"]:
        __import__(name)
    compile("\N{GREEK SMALL LETTER ALPHA} = 1", "", "exec")  # loads what identifiers need
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # where memory runs out, programs go before the server
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
    return lock


def main() -> None:
    """Fork until the server is gone."""
    settings = json.loads(sys.argv[1])
    lock = _prepared(settings)
    control = _socket.socket(fileno=0)
    _send({"end": "ready"})
    while True:
        command, descriptors = _received(control)
        mark, cpu_ms = struct.unpack(">4sI", command)
        if mark != RUN or len(descriptors) != 1:
            os._exit(1)
        try:
            child = os.fork()
        except OSError:
            child = -1
        if child == 0:
            try:
                _child(settings, lock, descriptors[0])
            finally:
                os._exit(1)
        os.close(descriptors[0])
        if child < 0:
            _received(control)  # the server has seen the end of the channel
            _send({"end": "setup", "signal": 0})
        else:
            _send(_watched(child, control, cpu_ms))


def _send(message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    os.write(0, struct.pack(">I", len(data)) + data)


if __name__ == "__main__":
    main()
