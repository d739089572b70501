"""What answers to distinct problems came to: rates with intervals, pass@k, maj@k, and how much was said."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from envserver.intervals import mean
from envserver.wire import VerdictOut
from trainer_client.answers.estimators import clustered, maj_at_k, paired_difference, paired_means, pass_at_k

# Words by which a model turns to another thought: many in wrong answers is underthinking (Wang et al., arXiv
# 2501.18585), many after a right one overthinking (Chen et al., arXiv 2412.21187).
_SWITCHES = re.compile(
    r"\b(?:alternatively|wait|hmm|however|let me (?:re-?)?check|another approach|instead)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Answer:
    """What a model said to a problem, all turns together."""

    text: str
    length: int
    """In tokens, or in characters where an endpoint does not say."""
    truncated: bool = False


@dataclass(frozen=True)
class Row:
    """One problem: its answers' verdicts, and what was said where that is known."""

    verdicts: Sequence[VerdictOut]
    answers: Sequence[Answer] = ()

    @cached_property
    def judged(self) -> list[VerdictOut]:
        """Those that could be judged."""
        return [verdict for verdict in self.verdicts if verdict.reward is not None]

    @cached_property
    def correct(self) -> int:
        """How many were right."""
        return sum(verdict.outcome == "correct" for verdict in self.judged)

    @property
    def rate(self) -> float:
        """The share of right ones."""
        return self.correct / len(self.judged)

    def majority(self, k: int) -> float:
        """Return maj@k; answers that cannot be read vote for nothing that wins."""
        keys = [verdict.answer_key or f"unread {at}" for at, verdict in enumerate(self.judged)]
        votes = Counter(keys)
        right = {key for key, verdict in zip(keys, self.judged, strict=True) if verdict.outcome == "correct"}
        return sum(maj_at_k(list(votes.values()), at, k) for at, key in enumerate(votes) if key in right)


@dataclass(frozen=True)
class Scored:
    """The answers to the problems of one stage; problems of which none could be judged are left out."""

    rows: Sequence[Row] = field(repr=False)

    @cached_property
    def kept(self) -> list[Row]:
        """The problems that were judged."""
        return [row for row in self.rows if row.judged]

    @property
    def n(self) -> int:
        """The number of problems."""
        return len(self.kept)

    @property
    def samples(self) -> int:
        """The fewest judged answers of a problem."""
        return min((len(row.judged) for row in self.kept), default=0)

    @property
    def unscored(self) -> int:
        """Answers that could not be judged."""
        return sum(len(row.verdicts) - len(row.judged) for row in self.rows)

    @property
    def rate(self) -> float:
        """Mean success, each problem counting the same: pass@1."""
        return sum(row.rate for row in self.kept) / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, clustered by problem."""
        return clustered([row.rate for row in self.kept], self.samples)

    @property
    def reward(self) -> float:
        """Mean reward."""
        return mean([verdict.reward or 0.0 for row in self.kept for verdict in row.judged])

    @property
    def economy(self) -> float:
        """Of episodes that were solved, the mean of this component; 0 for questions."""
        solved = [v for row in self.kept for v in row.judged if v.outcome == "correct"]
        return mean([verdict.components.get("economy", 0.0) for verdict in solved])

    def at_k(self, kind: str) -> dict[int, float]:
        """Return pass@k or maj@k for k = 1, 2, 4 ... up to half of the samples (and 1)."""
        ks = [k for k in (1, 2, 4, 8, 16, 32, 64, 128) if k == 1 or 2 * k <= self.samples]
        if not self.n:
            return {}
        if kind == "maj":
            return {k: mean([row.majority(k) for row in self.kept]) for k in ks}
        return {k: mean([pass_at_k(len(row.judged), row.correct, k) for row in self.kept]) for k in ks}

    def said(self) -> dict[str, float]:
        """Return mean length and switch words of right and of wrong answers, and the share that was cut off."""
        pairs = [
            (verdict.outcome == "correct", answer)
            for row in self.rows
            for verdict, answer in zip(row.verdicts, row.answers, strict=False)
            if verdict.reward is not None
        ]
        found: dict[str, float] = {}
        for name, wanted in (("right", True), ("wrong", False)):
            answers = [answer for right, answer in pairs if right is wanted]
            if answers:
                found[f"length_{name}"] = mean([answer.length for answer in answers])
                found[f"switches_{name}"] = mean([len(_SWITCHES.findall(answer.text)) for answer in answers])
        if pairs:
            found["truncated"] = mean([answer.truncated for _, answer in pairs])
        return found

    def as_json(self) -> dict[str, object]:
        """Return the numbers."""
        low, high = self.interval
        counts = {"n": self.n, "samples": self.samples, "unscored": self.unscored}
        rates = {"rate": self.rate, "low": low, "high": high, "reward": self.reward}
        return {**counts, **rates, "pass_at": self.at_k("pass"), "maj_at": self.at_k("maj"), **self.said()}


def scored(verdicts: Sequence[VerdictOut]) -> Scored:
    """Return what one answer to each problem came to."""
    return Scored([Row([verdict]) for verdict in verdicts])


def improvement(before: Scored, after: Scored) -> tuple[float, float, float]:
    """Return the difference of two success rates on the same problems, with its 95 % interval."""
    pairs = [(a, b) for a, b in zip(before.rows, after.rows, strict=True) if a.judged and b.judged]
    if all(len(row.judged) == 1 for pair in pairs for row in pair):
        rights = [(a.correct, b.correct) for a, b in pairs]
        return paired_difference(rights.count((0, 1)), rights.count((1, 0)), len(pairs))
    return paired_means([a.rate for a, _ in pairs], [b.rate for _, b in pairs])


Table = Mapping[str, Scored]
"""Per stage."""
