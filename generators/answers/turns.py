"""Where a turn keeps its action: in a tool call, between answer tags, in a fence, or in its last line."""

import json
import re
from typing import Any

from generators.answers.wrapping import unwrapped
from generators.errors import Unreadable

_CALL = re.compile(r"<tool_call>\s*+(\{.*?\})\s*+</tool_call>", re.DOTALL)
_OPEN, _CLOSE = "<answer>", "</answer>"


def last_action(text: str) -> str:
    """Return the text of the action that a turn ends with; raises `Unreadable` where there is none.

    A turn may think before it acts. Of several actions the last one counts.
    """
    plain = text.rpartition("</think>")[2]
    if _OPEN in plain:
        plain = plain.rpartition(_OPEN)[2].partition(_CLOSE)[0]
    lines = [line for line in (unwrapped(line) for line in unwrapped(plain).splitlines()) if line.strip("` ")]
    if not lines:
        raise Unreadable("there is no action", "gave_up")
    return lines[-1].strip()


def called(text: str) -> tuple[str, dict[str, Any]] | None:
    """Return the name and arguments of the last tool call that a turn spells out; None where there is none."""
    calls = _CALL.findall(text)
    if not calls:
        return None
    try:
        call = json.loads(calls[-1])
    except ValueError:
        return None
    return named(call) if isinstance(call, dict) else None


def named(call: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return name and arguments of a tool call as OpenAI and others write it; None for what is none."""
    inner = call.get("function", call)
    if not isinstance(inner, dict):
        return None
    name, arguments = inner.get("name"), inner.get("arguments", {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return None
    return (name, arguments) if isinstance(name, str) and isinstance(arguments, dict) else None
