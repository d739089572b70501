"""YAML for curricula: safe loader, no aliases, no key twice."""

from typing import Any

import yaml
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node

from curricula.errors import BadCurriculum


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


def load(text: str) -> Any:
    """Read one YAML document; raises `BadCurriculum` with the line."""
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise BadCurriculum(str(error)) from error
