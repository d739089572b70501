"""Hostile programs by what they try. Each would compute 2^k, or be taken for doing so, if what it tries were let.

`STEALS` are those that win, leave a trace or take down a runner that executes them in the process of the judge.
`MARK` in a source stands for a file that must not be touched.
"""

from collections.abc import Mapping


def _in_f(*lines: str) -> str:
    """Return a program that does something inside its function and then answers rightly."""
    return "\n".join(["def f(k):", *(f"    {line}" for line in lines), "    return 2 ** k"])


def _first(*lines: str) -> str:
    """Return a program that does something when it is loaded and then answers rightly."""
    return "\n".join([*lines, "def f(k):", "    return 2 ** k"])


_FOUND = "\ndef f(k):\n    return found[k]"

TIME = {
    "loop": _in_f("while True: pass"),
    "loop outside": _first("while True: pass"),
    "loop that catches all": _in_f(
        "while True:", "    try:", "        raise ValueError", "    except BaseException: pass"
    ),
    "loop in C": _in_f("import collections, itertools", "collections.deque(itertools.count(), maxlen=0)"),
    "endless maximum": _in_f("max(iter(int, 1))"),
    "endless any": _in_f("any(iter(int, 1))"),
    "endless sum": _in_f("import itertools", "sum(itertools.count())"),
    "endless generator": _in_f("def g():", "    while True: yield 0", "for _ in g(): pass"),
    "regular expression": _in_f("import re", "re.match('(a+)+$', 'a' * 40 + 'b')"),
    "factorial": _in_f("import math", "math.factorial(10 ** 7)"),
    "huge power": _in_f("3 ** (10 ** 8)"),
    "modular tower": _in_f("pow(3, 1 << 40_000, (1 << 40_001) + 1)"),
    "squaring": _in_f("x = 3", "while True: x = x * x"),
    "digits of a huge number": _in_f("import sys", "sys.set_int_max_str_digits(0)", "str(7 ** 5_000_000)"),
    "digits read": _in_f("import sys", "sys.set_int_max_str_digits(0)", "int('9' * 4_000_000)"),
    "decimal": _in_f("import decimal", "decimal.getcontext().prec = 10 ** 7", "decimal.Decimal(2).sqrt()"),
    "permutations": _in_f("import itertools", "for _ in itertools.permutations(range(20)): pass"),
    "sorting": _in_f("class A:", "    def __lt__(self, other):", "        while True: pass", "sorted([A(), A()])"),
    "exponential recursion": _in_f("def g(n): return g(n - 1) + g(n - 1) if n else 1", "g(60)"),
    "recursion that catches": _in_f("def g():", "    try: g()", "    except RecursionError: g()", "g()"),
    "spinning on the clock": _in_f("import time", "t = time.time()", "while time.time() < t + 10 ** 9: pass"),
    "sleep": _in_f("import time", "time.sleep(10 ** 4)"),
    "select": _in_f("import select", "select.select([], [], [], 10 ** 4)"),
    "lock": _in_f("import _thread", "l = _thread.allocate_lock()", "l.acquire()", "l.acquire()"),
    "finaliser": "class A:\n    def __del__(self):\n        while True: pass\ndef f(k):\n    A()\n    return 2 ** k",
    "hashing": _in_f(
        "class A:",
        "    def __hash__(self): return 1",
        "    def __eq__(self, o): return False",
        "s = set()",
        "while True: s.add(A())",
    ),
}

MEMORY = {
    "list": _in_f("x = [0] * 10 ** 11"),
    "text": _in_f("x = 'a' * 10 ** 11"),
    "bytes": _in_f("x = bytearray(10 ** 11)"),
    "growing list": _in_f("x = []", "while True: x.append(bytes(10 ** 6))"),
    "growing dict": _in_f("x = {}", "while True: x[len(x)] = bytes(10 ** 5)"),
    "growing text": _in_f("x = 'a'", "while True: x += x"),
    "growing tuple": _in_f("x = ((),)", "while True: x = x + x"),
    "shift": _in_f("x = 1 << (10 ** 11)"),
    "format width": _in_f("x = f'{0:>{10 ** 10}}'"),
    "percent width": _in_f("x = '%1000000000d' % 1", "x = x * 20"),
    "unpacking": _in_f("x = [*range(10 ** 10)]"),
    "outside": _first("x = [bytes(10 ** 6) for _ in range(10 ** 6)]"),
    "memory error caught": _in_f(
        "x = []", "while True:", "    try: x.append(bytes(10 ** 7))", "    except MemoryError: pass"
    ),
    "nested lists": _in_f("x = []", "while True: x = [x, bytes(10 ** 5)]"),
    "shared memory": _in_f(
        "import mmap",
        "m = [mmap.mmap(-1, 1 << 26, flags=0x21) for _ in range(2)]",
        "m[0][:9] = b'x' * 9",
    ),
    "recursion with memory": _in_f("def g(a): return g(a + a)", "g('aaaa')"),
}

SYSTEM = {
    "open": _in_f("open('/etc/passwd').read()"),
    "os.open": _in_f("import os", "os.open('/', 0)"),
    "write a file": _in_f("open('MARK', 'w').close()"),
    "write a file outside": _first("open('MARK', 'w').close()"),
    "io.open": _in_f("import io", "io.open('MARK', 'w').close()"),
    "list a folder": _in_f("import os", "os.listdir('/')"),
    "scan a folder": _in_f("import os", "list(os.scandir('/'))"),
    "stat": _in_f("import os", "os.stat('/')"),
    "exists": _in_f("import os", "assert os.access('/', 0)"),
    "make a folder": _in_f("import os", "os.mkdir('MARK') if not k else None"),
    "link": _in_f("import os", "os.symlink('/', 'MARK') if not k else None"),
    "fifo": _in_f("import os", "os.mkfifo('MARK') if not k else None"),
    "change folder": _in_f("import os", "os.chdir('/tmp')"),
    "fork": _in_f("import os", "pid = os.fork()", "if not pid: os._exit(0)", "os.waitpid(pid, 0)"),
    "forks that stay": _in_f("import os", "for _ in range(3): k or os.fork()"),
    "exec": _first("import os", "os.execv('/bin/echo', ['echo', 'correct'])"),
    "spawn": _in_f("import os", "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)"),
    "system": _in_f("import os", "assert os.system('true') == 0"),
    "popen": _in_f("import os", "os.popen('true').close()"),
    "subprocess": _in_f("import subprocess", "subprocess.run(['true'], check=True)"),
    "multiprocessing": _in_f(
        "import multiprocessing as m", "p = m.get_context('fork').Process(target=int)", "p.start()", "p.join()"
    ),
    "thread": _in_f("import _thread", "_thread.start_new_thread(int, ())"),
    "threading": _in_f("import threading", "t = threading.Thread(target=int)", "t.start()", "t.join()"),
    "futures": _in_f("from concurrent.futures import ThreadPoolExecutor as T", "T(1).submit(int).result()"),
    "asyncio": _in_f("import asyncio", "asyncio.run(asyncio.sleep(0))"),
    "kill the parent": _first("import os", "os.kill(os.getppid(), 9)"),
    "kill itself": _first("import os", "os.kill(os.getpid(), 9)"),
    "raise a signal": _first("import signal", "signal.raise_signal(15)"),
    "alarm": _in_f("import signal", "signal.alarm(1000)"),
    "timer": _in_f("import signal", "signal.setitimer(signal.ITIMER_REAL, 1000)"),
    "handler": _in_f("import signal", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"),
    "abort": _first("import os", "os.abort()"),
    "memory file": _in_f("import os", "os.memfd_create('x')"),
    "event": _in_f("import os", "os.eventfd(0)"),
    "pseudo-terminal": _in_f("import os", "os.openpty()"),
    "session": _in_f("import os", "os.getsid(0)", "os.setsid() if not k else None", "os.getsid(0)"),
    "group": _in_f("import os", "os.setpgid(0, 0)"),
    "nice": _in_f("import os", "os.nice(1)"),
    "affinity": _in_f("import os", "os.sched_setaffinity(0, os.sched_getaffinity(0))"),
    "limits": _in_f("import resource", "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))"),
    "memory map": _in_f("import mmap", "mmap.mmap(-1, 4096, prot=7)"),
    "environment": _in_f("import os", "assert os.environ['PATH']"),
    "processes": _in_f("open('/proc/self/environ').read()"),
    "memory of the parent": _in_f("import os", "open(f'/proc/{os.getppid()}/maps').read()"),
    "identity": _in_f("import os", "os.setuid(os.getuid())"),
    "name of the machine": _in_f("import os", "os.uname()"),
    "another module": _in_f("import zipfile"),
    "a package": _in_f("import pip"),
    "import by hand": _in_f("import importlib", "importlib.import_module('zipfile')"),
    "ctypes": _in_f("import ctypes", "assert ctypes.CDLL(None).getppid() > 0"),
    "null pointer": _first("import ctypes", "ctypes.string_at(0)"),
    "database": _in_f("import sqlite3", "sqlite3.connect(':memory:')"),
    "pickle": _in_f("import pickle", "pickle.loads(b\"cos\\nsystem\\n(S'true'\\ntR.\")"),
    "debugger": _in_f("import pdb"),
}

NETWORK = {
    "socket": _in_f("import socket", "socket.socket().close()"),
    "raw socket module": _in_f("import _socket", "_socket.socket().close()"),
    "pair": _in_f("import socket", "[s.close() for s in socket.socketpair()]"),
    "datagram": _in_f("import socket", "s = socket.socket(2, 2)", "s.sendto(b'x', ('127.0.0.1', 9))", "s.close()"),
    "listen": _in_f("import socket", "s = socket.create_server(('127.0.0.1', 0))", "s.close()"),
    "name": _in_f("import socket", "socket.gethostbyname('localhost')"),
    "urllib": _in_f("import urllib.request"),
    "http": _in_f("import http.client"),
}

INSPECTION = {
    "frames": "import sys\nframe, found = sys._getframe(), None\nwhile frame and found is None:\n    found = {**frame.f_globals, **frame.f_locals}.get('expected')\n    frame = frame.f_back"
    + _FOUND,
    "frame of a traceback": "try:\n    raise ValueError\nexcept ValueError as e:\n    frame = e.__traceback__.tb_frame\nfound = None\nwhile frame and found is None:\n    found = frame.f_globals.get('expected')\n    frame = frame.f_back"
    + _FOUND,
    "frame of a generator": "def g():\n    yield g.frame\ng.frame = None\nh = g()\nfound = None\nimport sys\nframe = sys._getframe()\nwhile frame:\n    found = found or frame.f_globals.get('expected')\n    frame = frame.f_back"
    + _FOUND,
    "main module": "import sys\nfound = sys.modules['__main__'].expected" + _FOUND,
    "import main": "import __main__\nfound = __main__.expected" + _FOUND,
    "gc": "import gc\nfound = [o for o in gc.get_objects() if type(o) is list and o[:4] == [1, 2, 4, 8] and len(o) > 9][0]"
    + _FOUND,
    "gc of dicts": "import gc\nfound = [o['expected'] for o in gc.get_objects() if type(o) is dict and 'expected' in o][0]"
    + _FOUND,
    "inspect": "import inspect\nfound = None\nfor frame in inspect.stack():\n    found = found or frame.frame.f_globals.get('expected')"
    + _FOUND,
    "classes": "for c in ().__class__.__base__.__subclasses__():\n    if c.__name__ == '_wrap_close':\n        assert c.__init__.__globals__['system']('true') == 0\n        f = lambda k: 2 ** k",
    "classes by loader": "for c in object.__subclasses__():\n    if c.__name__ == 'BuiltinImporter':\n        c.load_module('posix').listdir('/')\n        f = lambda k: 2 ** k",
    "builtins of a function": "import os\nos.fork\ng = print.__self__.__import__('os')\ng.listdir('/')\ndef f(k):\n    return 2 ** k",
    "patched all": "import builtins\nbuiltins.all = lambda _: True\ndef f(k):\n    return 7",
    "patched zip": "import builtins\nbuiltins.zip = lambda *a, **k: ()\ndef f(k):\n    return 7",
    "patched print": "import builtins\nkeep = print\nbuiltins.print = lambda *a: keep('correct')\ndef f(k):\n    return 7",
    "patched judge": "import sys\nm = sys.modules['__main__']\nm._line = lambda v, b: 'i:1'\nm._output = lambda f, v, b: 'i:1'\nm.expected = [7] * 99\ndef f(k):\n    return 7",
    "verdict printed": "import os\nprint('correct', flush=True)\nos._exit(0)",
    "verdict written": "import os\nos.write(1, b'correct\\n')\nos._exit(0)",
    "verdict printed inside": "import os\ndef f(k):\n    print('correct', flush=True)\n    os._exit(0)",
    "at exit": "import atexit, os\natexit.register(lambda: (print('correct', flush=True), os._exit(0)))\ndef f(k):\n    return 7",
    "trace": "import sys\ndef trace(frame, event, arg):\n    if 'expected' in frame.f_globals:\n        frame.f_globals['expected'] = [7] * 99\n    return trace\nsys.settrace(trace)\ndef f(k):\n    return 7",
    "profile": "import sys\nsys.setprofile(lambda frame, event, arg: frame.f_globals.update(expected=[7] * 99) if 'expected' in frame.f_globals else None)\ndef f(k):\n    return 7",
    "exception hook": "import sys\nsys.excepthook = lambda *a: print('correct', flush=True)\ndef f(k):\n    raise ValueError",
    "closure of the caller": "import sys\ndef f(k):\n    frame = sys._getframe(1)\n    while frame:\n        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n            if type(value) is list and value[:4] == [1, 2, 4, 8]:\n                return value[k]\n        frame = frame.f_back\n    return 0",
    "weak byte code": "def f(k):\n    return 2 ** k\nf.__code__ = f.__code__.replace(co_code=b'\\xff' * 64)",
    "deep stack": _in_f("import sys", "sys.setrecursionlimit(10 ** 9)", "g = lambda: g()", "g()"),
    "deep comparison": _in_f("a, b = [], []", "for _ in range(10 ** 5): a, b = [a], [b]", "a == b", "repr(a)"),
}

VALUES = {
    "equal to all": "class A:\n    def __eq__(self, other):\n        return True\ndef f(k):\n    return A()",
    "integer that is equal to all": "class A(int):\n    def __eq__(self, other):\n        return True\n    __hash__ = int.__hash__\ndef f(k):\n    return A(7)",
    "unequal to none": "class A:\n    def __eq__(self, other):\n        return True\n    def __ne__(self, other):\n        return False\ndef f(k):\n    return A()",
    "index": "class A:\n    def __index__(self):\n        return 1\n    def __eq__(self, other):\n        return True\ndef f(k):\n    return A()",
    "class is a lie": "class A:\n    __class__ = int\n    def __eq__(self, other):\n        return True\ndef f(k):\n    return A()",
    "type is a lie": "class M(type):\n    def __eq__(cls, other):\n        return True\n    __hash__ = type.__hash__\nclass A(metaclass=M):\n    def __eq__(self, other):\n        return True\n    def bit_length(self):\n        return 1\ndef f(k):\n    return A()",
    "format is a lie": "class A(int):\n    def __format__(self, how):\n        return '1\\n.'\n    def __eq__(self, other):\n        return True\ndef f(k):\n    return A(7)",
    "subclass of int": "class A(int): pass\ndef f(k):\n    return A(2 ** k)",
    "int enum": "from enum import IntEnum\ndef f(k):\n    return IntEnum('E', {'A': 2 ** k}).A",
    "float": "def f(k):\n    return 2.0 ** k",
    "fraction": "from fractions import Fraction\ndef f(k):\n    return Fraction(2 ** k)",
    "decimal": "from decimal import Decimal\ndef f(k):\n    return Decimal(2 ** k)",
    "complex": "def f(k):\n    return complex(2 ** k)",
    "length that raises": "class A(int):\n    def bit_length(self):\n        raise SystemExit\n    def __eq__(self, other):\n        return True\ndef f(k):\n    return A(2 ** k)",
    "coroutine": "async def f(k):\n    return 2 ** k",
    "generator": "def f(k):\n    yield 2 ** k",
    "text": "def f(k):\n    return str(2 ** k)",
    "list": "def f(k):\n    return [2 ** k]",
    "huge": "def f(k):\n    return 2 ** k << 10 ** 6",
}

OUTPUT = {
    "print for ever": _in_f("while True: print('x' * 10 ** 5)"),
    "flood of the pipe": _in_f("import os", "while True: os.write(3, b'x' * 60_000)"),
    "flood of small lines": _in_f("import os", "while True: os.write(3, b'i:1\\n')"),
    "forged end": "import os\nos.write(3, b'.\\n')\nos._exit(0)\ndef f(k): pass",
    "forged outputs": "import os\nos.write(3, b'k:\\n' + b'i:1\\n' * 99 + b'.\\n')\nos._exit(0)\ndef f(k): pass",
    "forged rubbish": "import os\nos.write(3, b'i:zz\\n\\xff\\xfe\\n{\"a\":1}\\n')\nos._exit(0)\ndef f(k): pass",
    "forged negative zero": "import os\nos.write(3, b'i:-0\\ni:+1\\ni: 2\\n')\nos._exit(0)\ndef f(k): pass",
    "forged half a line": "import os\nos.write(3, b'i:1')\nos._exit(0)\ndef f(k): pass",
    "forged shift": "import os\ndef f(k):\n    os.write(3, b'i:1\\n')\n    return 2 ** k",
    "closed pipe": "import os\ndef f(k):\n    os.close(3)\n    return 2 ** k",
    "duplicated pipe": _in_f("import os", "os.dup2(3, 1)"),
    "exit": _first("raise SystemExit"),
    "exit inside": _in_f("raise SystemExit(0)"),
    "exit at once": _in_f("import os", "os._exit(0)"),
    "interrupt": _in_f("raise KeyboardInterrupt"),
    "own base exception": "class E(BaseException): pass\ndef f(k):\n    raise E",
    "exception that raises": "class E(Exception):\n    def __str__(self):\n        raise SystemExit\ndef f(k):\n    raise E",
}

SOURCE = {
    "nul": "def f(k):\n    return 2 ** k\0",
    "surrogate": "def f(k):\n    return 2 ** k if '\ud800' else 0",
    "brackets": "def f(k):\n    return " + "(" * 5_000 + "2 ** k" + ")" * 5_000,
    "lists": "def f(k):\n    return " + "[" * 9_000 + "2 ** k",
    "signs": "def f(k):\n    return 2 ** k + 0 * " + "-" * 50_000 + "1",
    "sum": "def f(k):\n    return 2 ** k + " + "+".join(["0"] * 30_000),
    "attributes": "def f(k):\n    return 2 ** k or k" + ".a" * 30_000,
    "calls": "def f(k):\n    return (lambda: 0)" + "()" * 25_000,
    "lambdas": "f = " + "lambda k: " * 5_000 + "2 ** k",
    "comparisons": "def f(k):\n    return 2 ** k if " + "not " * 15_000 + "k else 0",
    "indentation": "def f(k):\n" + "".join(" " * i + "if 1:\n" for i in range(1, 200)) + " " * 200 + "return 2 ** k",
    "digits": "def f(k):\n    return 2 ** k + 0 * " + "9" * 60_000,
    "constant that is folded": "def f(k):\n    return 2 ** k\nx = 9 ** 9 ** 9 ** 9",
    "text that is folded": "x = ('a' * 4_000) * 4_000 * 4_000\ndef f(k):\n    return 2 ** k",
    "too long": "def f(k):\n    return 2 ** k\n" + "#" * 70_000,
    "cookie": "# -*- coding: no_such_encoding -*-\n\ndef f(k):\n    return 2 ** k ** 1 if open else 0\nopen('/')",
    "unfinished": "def f(k):\n    return 2 ** (k",
    "unfinished text": 'def f(k):\n    return """2 ** k',
    "format in format": "def f(k):\n    return f'" + "{" * 3_000,
    "java": "public static long f(int k) {\n    return 1L << k;\n}",
    "no function": "x = 2 ** 5",
    "nothing": "",
}

HOSTILE: Mapping[str, str] = {
    f"{group}: {name}": source
    for group, programs in {
        "time": TIME,
        "memory": MEMORY,
        "system": SYSTEM,
        "network": NETWORK,
        "inspection": INSPECTION,
        "values": VALUES,
        "output": OUTPUT,
        "source": SOURCE,
    }.items()
    for name, source in programs.items()
}
