"""YAML for curricula: safe loader, no aliases, no key twice, and the line of everything."""

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, SequenceNode

from curricula.errors import BadCurriculum

Place = tuple[str | int, ...]
"""Keys and indices from the top of a document down."""


@dataclass(frozen=True)
class Document:
    """What a text says, and in which line each part of it begins (the first is 1)."""

    data: Any
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest one above it; parts that the text does not have are skipped."""
        at: Place = ()
        for part in place:
            if (*at, part) in self.lines:
                at = (*at, part)
        return self.lines.get(at, 1)


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.check_event(AliasEvent):
            at: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise BadCurriculum(f"line {at.start_mark.line + 1}: aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key, (key_node, _) in zip(keys, node.value, strict=True):
            if keys.count(key) > 1:
                raise BadCurriculum(f"line {key_node.start_mark.line + 1}: the key {key!r} stands twice")
        return super().construct_mapping(node, deep)


def load(text: str) -> Document:
    """Read one YAML document; raises `BadCurriculum` with the line."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        _number(node, (), lines)
        return Document(None if node is None else loader.construct_document(node), lines)
    except RecursionError as error:
        raise BadCurriculum("nested too deeply") from error
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise BadCurriculum(f"{line}{error.problem}") from error
    except yaml.YAMLError as error:
        raise BadCurriculum(str(error)) from error


def _number(node: Node | None, at: Place, lines: dict[Place, int]) -> None:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            place = (*at, str(key.value))
            lines[place] = key.start_mark.line + 1
            _number(value, place, lines)
    elif isinstance(node, SequenceNode):
        for i, value in enumerate(node.value):
            lines[*at, i] = value.start_mark.line + 1
            _number(value, (*at, i), lines)
