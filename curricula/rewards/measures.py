"""Components that any completion has, beside those of its family: measured only where a reward asks for them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, pi

from curricula.errors import NoLength
from curricula.rewards.of_inverses import INVERSE_PARTS, inverse_part
from curricula.rewards.reward import Reward
from curricula.rewards.similarity import similarity
from generators.problem import Problem
from generators.signs.scripts import scripts, share_of_letters
from generators.verdict import Verdict

_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_WHOLE_TAG = re.compile("</?(?:think|answer)>")
_OPENING = ("<think>", "<answer>")


@dataclass(frozen=True)
class Answered:
    """A completion with its problem and verdict; of an episode the actions line by line."""

    problem: Problem
    text: str
    verdict: Verdict
    tokens: int | None = None


@dataclass(frozen=True)
class Measure:
    """A component in [0, 1] and how it is computed."""

    about: str
    of: Callable[[Answered, Reward], float]


def _share(text: str, tags: tuple[str, ...]) -> float:
    return sum(tag in text for tag in tags) / len(tags)


def _tokens(answered: Answered) -> int:
    if answered.tokens is None:
        raise NoLength("this reward goes by length: say how many `tokens` a completion has")
    return answered.tokens


def _overlong(answered: Answered, reward: Reward) -> float:
    most = reward.max_tokens or 1
    cache = reward.cache_tokens or max(1, most // 5)
    return min(1.0, max(0.0, (_tokens(answered) - most + cache) / cache))


def _brevity(answered: Answered, reward: Reward) -> float:
    most = reward.max_tokens or 1
    return (1.0 + cos(pi * min(_tokens(answered), most) / most)) / 2


def _repetition(answered: Answered, reward: Reward) -> float:
    words = answered.text.split()
    grams = list(zip(words, words[1:], words[2:], strict=False))
    return 1.0 - len(set(grams)) / len(grams) if grams else 0.0


def _language(answered: Answered, reward: Reward) -> float:
    return share_of_letters(_WHOLE_TAG.sub("", answered.text), scripts(answered.problem.observation))


def _of_inverses(name: str) -> Callable[[Answered, Reward], float]:
    return lambda answered, reward: inverse_part(name, answered.problem, answered.text, reward.tolerance)


MEASURES: Mapping[str, Measure] = {
    "always": Measure("1", lambda answered, reward: 1.0),
    "tags": Measure("share of <think>, </think>, <answer>, </answer> that occur", lambda a, _: _share(a.text, _TAGS)),
    "opening_tags": Measure("share of <think>, <answer> that occur", lambda a, _: _share(a.text, _OPENING)),
    "overlong": Measure("0 up to max_tokens - cache_tokens, then rising to 1 at max_tokens", _overlong),
    "brevity": Measure("(1 + cos(pi · tokens / max_tokens)) / 2: 1 for nothing, 0 from max_tokens on", _brevity),
    "repetition": Measure("1 - different 3-grams of words / all of them", _repetition),
    "language": Measure("share of letters of the scripts of the question, or of mathematics", _language),
    "similarity": Measure(
        "cosine of the embeddings of completion and worked answer, rescaled by the best cheap guess",
        lambda answered, reward: similarity(answered.problem, answered.text),
    ),
    **{name: Measure(about, _of_inverses(name)) for name, about in INVERSE_PARTS.items()},
}


def measured(reward: Reward, answered: Answered) -> dict[str, float]:
    """Return what a reward needs of a completion beside the components of its verdict; raises `NoLength`."""
    return {name: MEASURES[name].of(answered, reward) for name in reward.names if name in MEASURES}
