"""A question whose numbers are taken out, so that nobody can answer it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from generators.answers.number_words import NUMBER_WORDS
from generators.ids import ProblemId
from generators.problem import Message, Problem, Question, Reveal
from generators.verdict import Verdict

CANARY = "canary"
_NUMBER = re.compile(rf"[-+\u2212]?[0-9]+(?:[.,][0-9]+)*(?:/[0-9]+)?|\b(?:{'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Canary(Question):
    """The same problem with `?` for every number: who answers it right knows it from elsewhere."""

    hidden: Problem

    @property
    def id(self) -> ProblemId:
        return self.hidden.id

    @property
    def content(self) -> str:
        return self.hidden.content

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(replace(message, content=_NUMBER.sub("?", message.content)) for message in self.hidden.messages)

    @property
    def observation(self) -> str:
        return "\n\n".join(message.content for message in self.messages)

    @property
    def guesses(self) -> Mapping[str, str]:
        return self.hidden.guesses

    def judge(self, completion: str, truncated: bool = False) -> Verdict:
        return self.hidden.judge(completion, truncated)

    def reveal(self, how: Reveal, noise: float = 0.0) -> str:
        return self.hidden.reveal(how, noise)
