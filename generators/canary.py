"""A question whose numbers are taken out, so that nobody can answer it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from generators.answers.number_words import NUMBER_WORDS
from generators.ids import ProblemId
from generators.problem import Message, Problem, Question, Reveal
from generators.verdict import Verdict

CANARY = "canary"
_MORE = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth twentieth once thrice doubled tripled
quadruple quadrupled dozens pair pairs couple single both halves thirds quarters quartered fourths fifths sixths
sevenths eighths ninths tenths hundredths
"""
_WORDS = "|".join(sorted({*NUMBER_WORDS, *_MORE.split()}, key=len, reverse=True))
_NUMBER = re.compile(rf"[-+\u2212]?[0-9]+(?:[.,][0-9]+)*(?:/[0-9]+)?|\b(?:{_WORDS})\b", re.IGNORECASE)


def without_numbers(text: str) -> str:
    """Return a text with `?` for every number, in digits, in words, as an ordinal or in one letter such as \u00bd."""
    plain = _NUMBER.sub("?", text)
    return plain if plain.isascii() else "".join("?" if letter.isnumeric() else letter for letter in plain)


@dataclass(frozen=True)
class Canary(Question):
    """The same problem with `?` for every number: who answers many of them knows them from elsewhere."""

    hidden: Problem

    @property
    def id(self) -> ProblemId:
        return self.hidden.id

    @property
    def content(self) -> str:
        return self.hidden.content

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(replace(message, content=without_numbers(message.content)) for message in self.hidden.messages)

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
