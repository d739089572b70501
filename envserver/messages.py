"""Messages and tool calls as other programs send them back: what of them is not read is no mistake of theirs."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(max_length=128, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Foreign(BaseModel):
    """What other programs write into their messages and we do not read is no mistake of theirs."""

    model_config = ConfigDict(extra="ignore")


class FunctionCall(_Foreign):
    """The name of a tool and its arguments, as an object or as its JSON."""

    name: Name
    arguments: dict[Name, object] | Annotated[str, Field(max_length=4_096)] | None = None


class ToolCall(_Foreign):
    """A tool call as OpenAI writes it."""

    id: Name | None = None
    type: Literal["function"] = "function"
    function: FunctionCall


class TextPart(_Foreign):
    """A piece of a message's content; one of another kind than text is empty."""

    text: str = ""


class MessageIn(_Foreign):
    """A chat message that is sent back, as an OpenAI client has it; of an episode, all of its messages may be."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | Annotated[list[TextPart], Field(max_length=64)] | None = None
    tool_calls: Annotated[list[ToolCall], Field(max_length=64)] | None = None

    @property
    def text(self) -> str:
        """The content in one piece."""
        parts = self.content if isinstance(self.content, list) else ()
        return self.content if isinstance(self.content, str) else "".join(part.text for part in parts)


Action = str | ToolCall | MessageIn
