"""What a data set is read from, and what one of its rows holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from generators.splits import plain_text, text_digest

Answer = Literal["number", "expression", "choice", "text", "countdown"]
Format = Literal["rows", "gsm8k", "hellaswag", "math500", "openthoughts", "countdown"]

MAX_QUESTION, MAX_ANSWER, MAX_WORKED, MAX_CHOICES = 32_000, 2_000, 64_000, 26  # characters; choices have letters


@dataclass(frozen=True)
class Source:
    """Where a set is read from: a file or folder, or a hub name, and how its rows are written.

    `splits` maps ours to the source's own names, where they differ. A set without an official test split has all its
    rows split by content.
    """

    name: str
    format: Format = "rows"
    path: str = ""
    hub: str = ""
    config: str = "default"
    revision: str = ""
    answers: Answer | None = None  # of the format `rows`; the others know
    columns: Mapping[str, str] = field(default_factory=dict)  # question, answer, choices, worked -> the source's own
    splits: Mapping[str, str] = field(default_factory=dict)
    skip_broken: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One question with its answer.

    `answer` is as written; of a choice its position, from 0.
    `choices` of a text are other accepted answers. `steps` counts the calculations of a worked answer, 0 if unknown.
    """

    question: str
    answer: str
    choices: tuple[str, ...] = ()
    worked: str = ""
    steps: int = 0

    @property
    def content(self) -> str:
        """What two rows share that are the same problem: question and choices, in whatever order, case and spacing."""
        return f"text:{text_digest(self.question, *sorted(self.choices, key=plain_text))}"


@dataclass(frozen=True, slots=True)
class CountdownRow(Row):
    """Numbers, as `choices`, and a target, as `answer`; the content is that of the family `countdown`."""

    @property
    def content(self) -> str:
        return f"countdown:{','.join(map(str, sorted(map(int, self.choices))))}:{self.answer}"
