"""Where a turn keeps its action: in a tool call, between answer tags, in a fence, or in its last line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable

_OPEN, _CLOSE = "<answer>", "</answer>"
_CALLS, _CALLED = "<tool_call>", "</tool_call>"


@dataclass(frozen=True)
class Call:
    """A tool and its arguments."""

    name: str
    arguments: Mapping[str, object]


def written_call(name: str, arguments: object) -> str:
    """Return a tool call as a turn has it; nothing in its arguments can end it early."""
    text = json.dumps({"name": name, "arguments": arguments}).replace("<", "\\u003c")
    return f"{_CALLS}{text}{_CALLED}"


def last_action(text: str) -> str | Call:
    """Return the action that a turn ends with, a text or a call; raises `Unreadable` where there is none.

    A turn may think before it acts. Of several actions the last one counts.
    """
    plain = text.rpartition("</think>")[2]
    if plain.rfind(_CALLS) > plain.rfind(_OPEN):
        return _call(plain.rpartition(_CALLS)[2].partition(_CALLED)[0])
    if _OPEN in plain:
        plain = plain.rpartition(_OPEN)[2].partition(_CLOSE)[0]
    lines = [line for line in (unwrapped(line) for line in unwrapped(plain).splitlines()) if line.strip("` ")]
    if not lines:
        raise Unreadable("there is no action", "gave_up")
    return lines[-1].strip()


def _call(text: str) -> Call:
    """Read a tool call as OpenAI and others write it, arguments as an object or its JSON; raises `Unreadable`."""
    call = _object(text)
    inner = call.get("function", call)
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        raise Unreadable("a tool call has a name")
    arguments = inner.get("arguments")
    return Call(inner["name"], arguments if isinstance(arguments, dict) else _object(arguments or "{}"))


def _object(text: object) -> dict[str, object]:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unreadable("a tool call is written in JSON")
    return found
