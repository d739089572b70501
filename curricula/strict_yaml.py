"""YAML for curricula: safe loader, no aliases, no key twice, and the line of everything."""

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

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
    """What JSON has: no dates, no bytes, no sets, no tags that make them."""

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        at: Any = self.peek_event()  # type: ignore[no-untyped-call]
        line = at.start_mark.line + 1
        if isinstance(at, AliasEvent):
            raise BadCurriculum(f"line {line}: aliases are not allowed")
        if getattr(at, "tag", None):
            raise BadCurriculum(f"line {line}: tags are not allowed: {at.tag}")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        met: set[Any] = set()
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                raise BadCurriculum(f"line {line}: a key is one word")
            if key.value in met:
                raise BadCurriculum(f"line {line}: the key {key.value!r} stands twice")
            met.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:  # a whole number of thousands of digits
            raise BadCurriculum(f"line {node.start_mark.line + 1}: {error}") from error


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(("timestamp", "merge", "value"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


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
