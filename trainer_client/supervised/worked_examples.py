"""Worked examples in files: what `echelon-trainer distill` and `echelon-server export-dataset --layout sft` write.

One JSON object per line, with `prompt` and `completion`, each a text or a list of chat messages, as TRL's SFTTrainer
takes them, and the `id` of the problem where there is one.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from transformers import PreTrainedTokenizerBase

from envserver.wire import MessageOut, ProblemOut
from trainer_client.errors import BadConfig
from trainer_client.loading.models import Prompt, prompt_of

Text = str | list[MessageOut]


class Example(BaseModel):
    """A prompt and what to answer."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    prompt: Text
    completion: Text
    id: str = ""
    split: str = ""
    extra_info: dict[str, Any] = {}
    """Where the columns of verl keep id and split."""

    @property
    def origins(self) -> list[str]:
        """Every id and split that the example says it comes from."""
        more = (self.extra_info.get(name) for name in ("id", "split"))
        return [text for text in (self.id, self.split, *more) if isinstance(text, str) and text]

    @property
    def answer(self) -> str:
        """The completion as text."""
        return self.completion if isinstance(self.completion, str) else "".join(m.content for m in self.completion)

    def asked(self, tokenizer: PreTrainedTokenizerBase) -> Prompt:
        """Return the prompt as the model is asked it."""
        if isinstance(self.prompt, str):
            return self.prompt
        plain = "\n\n".join(message.content for message in self.prompt)
        return prompt_of(ProblemOut(id=self.id, messages=self.prompt, prompt=plain), tokenizer)


def read_examples(file: Path) -> list[Example]:
    """Read a file of examples; raises `BadConfig` naming the line. Problems of dev and test are refused."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")  # splitlines would cut at U+2028, which JSON may hold
    except UnicodeDecodeError as error:
        raise BadConfig(f"{file} is no file of JSON lines in UTF-8") from error
    except OSError as error:
        raise BadConfig(f"{file}: {error.strerror}; a file such as kept/train.jsonl is meant") from error
    examples = [_example(file, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not examples:
        raise BadConfig(f"{file} holds no examples")
    return examples


def _example(file: Path, number: int, line: str) -> Example:
    try:
        example = Example.model_validate(json.loads(line))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfig(f"{file} line {number}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise BadConfig(f"{file} line {number}: not JSON: {error}") from error
    if held_out := [text for text in example.origins if not _of_train(text)]:
        raise BadConfig(f"{file} line {number}: {held_out[0]} is not a train problem, and may not be learned from")
    if not example.answer:
        raise BadConfig(f"{file} line {number}: the completion is empty")
    return example


def _of_train(origin: str) -> bool:
    """Whether an id, or the name of a split, is of train; the ids of others say nothing."""
    parts = origin.split("/")
    return parts[2] == "train" if len(parts) == 5 else origin not in ("dev", "test", "validation", "val")


@dataclass(frozen=True)
class Found:
    """One verified completion, ready to be written."""

    problem: ProblemOut
    text: str
    pass_rate: float

    def as_row(self) -> dict[str, Any]:
        """Return the line of a file."""
        return {
            "id": self.problem.id,
            "stage": self.problem.stage,
            "prompt": [{"role": m.role, "content": m.content} for m in self.problem.messages],
            "completion": [{"role": "assistant", "content": self.text}],
            "pass_rate": round(self.pass_rate, 4),
        }


def write_examples(folder: Path, found: Iterable[Found], card: Mapping[str, Any]) -> None:
    """Write `train.jsonl` and `card.json` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: Sequence[str] = [json.dumps(one.as_row(), ensure_ascii=False) for one in found]
    (folder / "train.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
