"""Reading Python from what a model wrote: a fenced block, a bare `def`, a `lambda`; of several the last one.

Nothing is parsed or run here: the text of a stranger's program does not meet our compiler.
"""

import re
from textwrap import dedent

from generators.errors import Unreadable

MAX_LENGTH = 64 * 1_024  # characters

_FENCE = re.compile(r"^[ \t>]*(?:```+|~~~+)[ \t]*([\w+.#-]*)[^\n`]*$", re.MULTILINE)
_PYTHON = frozenset({"", "python", "python3", "py", "py3", "python2", "ipython", "pycon", "sage"})
_DEFINES = re.compile(
    r"^[ \t]*(?:async[ \t]+)?def[ \t]+\w|\blambda\b|^[ \t]*(?:class[ \t]+\w+[ \t]*[(:]|f[ \t]*=[^=])", re.MULTILINE
)
_STARTS = re.compile(
    r"(?:def|class|async def)[ \t]+\w+|import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b|@\w|\w+[ \t]*=[^=]"
)
_GOES_ON = re.compile(
    r"[ \t]|#|[)\]}]|(?:if|for|while|try|except|finally|else|elif|with|return|print)\b"
    r"|\w+\(|\w+(?:\[.*\])?[ \t]*[-+*/]?="
)
_PROMPT = re.compile(r"^(?:>>>|\.\.\.)(?: |$)", re.MULTILINE)
_ELSEWHERE = re.compile(
    r"\bpublic\s++(?:static|class|int|long)\b|#include\b|\bconsole\.log\b|\bfunction\s*+\w*+\s*+\(|=>\s*+[{\w(]"
    r"|\b(?:fn|int|long|void)\s++\w++\s*+\("
)
_CONTROL = re.compile("[\x00\u00a0\u200b-\u200d\ufeff\r]")
_SPACES = {"\u00a0": " ", "\r": "\n"}


def read_python(text: str) -> str:
    """Return the source of the last program in a text; raises `Unreadable` where there is none."""
    if len(text) > MAX_LENGTH:
        raise Unreadable(f"a program has at most {MAX_LENGTH} characters")
    if "\0" in text:
        raise Unreadable("a program holds no NUL")
    plain = _CONTROL.sub(lambda found: _SPACES.get(found.group(), ""), text.replace("\r\n", "\n"))
    if not plain.strip():
        raise Unreadable("there is no program", "gave_up")
    plain = _PROMPT.sub("", plain) if ">>>" in plain else plain
    source = _tidied(_fenced(plain) or _unfenced(plain))
    if not _DEFINES.search(source):
        raise Unreadable("there is no function in Python", *elsewhere(plain))
    return source


def elsewhere(text: str) -> tuple[str, ...]:
    """Return the flag of a text that looks like another language, if it does."""
    return ("other_language",) if _ELSEWHERE.search(text) else ()


def definitions(text: str) -> int:
    """Return how many functions of the name `f` a text defines."""
    return len(re.findall(r"^[ \t>]*(?:def[ \t]+f[ \t]*\(|f[ \t]*=[ \t]*lambda\b)", text, re.MULTILINE))


def _fenced(text: str) -> str:
    """Return the last fenced block of Python that defines something, else the last of Python; "" without any."""
    found, opened, language = [], -1, ""
    for fence in _FENCE.finditer(text):
        if opened < 0:
            opened, language = fence.end(), fence[1].lower()
        else:
            found.append((language, text[opened : fence.start()]))
            opened = -1
    if opened >= 0:  # models stop without closing the last one
        found.append((language, text[opened:]))
    blocks = [block for name, block in found if name in _PYTHON]
    defining = [block for block in blocks if _DEFINES.search(block)]
    return (defining or blocks or [""])[-1]


def _unfenced(text: str) -> str:
    """Return the last run of lines that look like a program and define something, without the prose around them."""
    if alone := re.fullmatch(r"\s*`([^`]+)`\.?\s*", text):
        text = alone[1]
    if (stripped := text.strip()).startswith("lambda"):
        return stripped
    runs: list[list[str]] = []
    inside = False
    for line in dedent(text).split("\n"):
        if not inside and _STARTS.match(line):
            runs.append([])
            inside = True
        elif inside and line.strip() and not _GOES_ON.match(line) and not _STARTS.match(line):
            inside = False
        if inside:
            runs[-1].append(line)
    programs = ["\n".join(run) for run in runs if _DEFINES.search("\n".join(run))]
    return programs[-1] if programs else ""


def _tidied(source: str) -> str:
    """Return a source without common indentation; a lambda alone gets the name f."""
    source = dedent(source).strip("\n")
    return f"f = {source.strip()}" if source.lstrip().startswith("lambda") else source
