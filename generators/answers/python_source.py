"""Reading Python from what a model wrote: a fenced block, a bare `def`, a `lambda`; of several the last one.

Nothing is parsed or run here: the text of a stranger's program does not meet our compiler.
"""

import re
from collections.abc import Iterator
from textwrap import dedent

from generators.errors import Unreadable

MAX_LENGTH = 64 * 1_024  # characters

_FENCE = re.compile(r"^[ \t]*+(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<language>[\w+.#-]*+)[^\n`]*+$", re.MULTILINE)
_CLOSES = re.compile(r"(?<![`~])(?:`{3,}+|~{3,}+)[ \t]*+$", re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`++(?:python|py)?[ \t]?([^`\n]++)`++")
_PYTHON = frozenset({"", "python", "python3", "py", "py3", "python2", "ipython", "pycon", "sage"})
_DEFINES_F = re.compile(r"^[ \t]*(?:def[ \t]+f[ \t]*\(|f[ \t]*(?::[^=\n]*)?=[^=\n]*(?:lambda|\())", re.MULTILINE)
_DEFINES = re.compile(
    r"^[ \t]*(?:async[ \t]+)?def[ \t]+\w|\blambda\b|^[ \t]*(?:class[ \t]+\w+[ \t]*[(:]|f[ \t]*(?::[^=\n]*)?=[^=])",
    re.MULTILINE,
)
_STARTS = re.compile(
    r"(?:def|class|async def)[ \t]+\w+|import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b|@\w"
    r"|\w+(?:[ \t]*,[ \t]*\w+)*+[ \t]*(?::[^=\n]{1,40})?=[^=]"
)
_GOES_ON = re.compile(
    r"#|[)\]}]|(?:if|for|while|try|except|finally|else|elif|with|return|print)\b"
    r"|[\w.]++\(|[\w.]++(?:\[[^\n]*\])?[ \t]*[-+*/]?="
)
_QUOTED = re.compile(r"^> ?", re.MULTILINE)
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
    plain = _PROMPT.sub("", plain) if ">>>" in plain else _QUOTED.sub("", plain) if "> ```" in plain else plain
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
    """Return the last fenced block that defines f, else the last that defines anything, behind helpers before it."""
    blocks = list(_blocks(text))
    for found in (_DEFINES_F, _DEFINES):
        for at in range(len(blocks) - 1, -1, -1):
            if found.search(blocks[at]):
                helpers = [block for block in blocks[:at] if _helps(block)]
                return "\n".join([*helpers, blocks[at]])
    return blocks[-1] if blocks else ""


def _helps(block: str) -> bool:
    """Whether a block only prepares: it imports or defines, and neither is nor uses f."""
    return _STARTS.match(block.lstrip()) is not None and not re.search(r"\bf\b", block)


def _blocks(text: str) -> Iterator[str]:
    """Yield the fenced blocks of Python; the last one need not be closed, nor the fence stand alone on its line."""
    at = 0
    while (opened := _FENCE.search(text, at)) is not None:
        closed = _CLOSES.search(text, opened.end())
        at = closed.end() if closed else len(text)
        if opened["language"].lower() in _PYTHON:
            yield dedent(text[opened.end() : closed.start() if closed else len(text)]).strip("\n")


def _unfenced(text: str) -> str:
    """Return the last run of lines that look like a program and define something, without the prose around them."""
    if (stripped := text.strip()).startswith("lambda"):
        return stripped
    runs: list[list[str]] = []
    indent = -1  # of the run that is being read
    for line in text.split("\n"):
        plain = line.lstrip()
        deep = len(line) - len(plain)
        if indent >= 0 and plain and deep <= indent and not (deep == indent and _belongs(plain)):
            indent = -1
        if indent < 0 and _STARTS.match(plain):
            runs.append([])
            indent = deep
        if indent >= 0:
            runs[-1].append(line)
    programs = [run for run in map("\n".join, runs) if _DEFINES.search(run)]
    if programs:
        return programs[-1]
    inline = [found for found in _INLINE.findall(text) if _DEFINES.search(found)]
    return inline[-1] if inline else ""


def _belongs(line: str) -> bool:
    return bool(_STARTS.match(line) or _GOES_ON.match(line))


def _tidied(source: str) -> str:
    """Return a source without common indentation; a lambda alone gets the name f."""
    source = dedent(source).strip("\n")
    return f"f = {source.strip()}" if source.lstrip().startswith("lambda") else source
