"""From the probabilities of an answer's tokens to a reward.

y is the known answer, x the question, a the text that is rewarded; n = mean negative log-likelihood of y's tokens in
nats, PPL = exp n. All modes but `rank` look at one text alone.

relative   (PPL(y|x) - PPL(y|x,a)) / PPL(y|x), at least `floor`                 VR-CLI, arXiv 2503.22828
absolute   1 / PPL(y|x,a)², the geometric mean probability of a token, squared  this project's first notes
both       relative + absolute                                                  this project's first notes
delta      n(y|x) - n(y|x,a), at least `floor`: nats per token                  LaTRO, 2411.04282, less a baseline
meanprob   mean p(y_t|x,a) - mean p(y_t|x), at least `floor`                    RLPR, arXiv 2506.18254
rank       (V - place) / V among the V texts of a group, the likeliest first    NOVER, arXiv 2505.16022
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp

from trainer_client.reward_config import LikelihoodConfig, LikelihoodMode

_PLACES = 4  # decimals that are ranked: beyond them a batch of other rows gives other ones
_MOST = 20.0  # nats per token that count; exp of more says nothing


@dataclass(frozen=True)
class Likelihood:
    """The log-probabilities of an answer's tokens."""

    logps: tuple[float, ...]

    @property
    def n(self) -> float:
        """Mean negative log-likelihood, at most 20 nats."""
        return min(_MOST, -sum(self.logps) / len(self.logps))

    @property
    def ppl(self) -> float:
        """Perplexity."""
        return exp(self.n)

    @property
    def mean_probability(self) -> float:
        """Mean probability of a token."""
        return sum(map(exp, self.logps)) / len(self.logps)


def _relative(without: Likelihood, given: Likelihood, floor: float) -> float:
    return max(floor, (without.ppl - given.ppl) / without.ppl)


def _absolute(without: Likelihood, given: Likelihood, floor: float) -> float:
    return 1.0 / given.ppl**2


def _both(without: Likelihood, given: Likelihood, floor: float) -> float:
    return _relative(without, given, floor) + _absolute(without, given, floor)


def _delta(without: Likelihood, given: Likelihood, floor: float) -> float:
    return max(floor, without.n - given.n)


def _meanprob(without: Likelihood, given: Likelihood, floor: float) -> float:
    return max(floor, given.mean_probability - without.mean_probability)


MODES: Mapping[str, Callable[[Likelihood, Likelihood, float], float]] = {
    "relative": _relative,
    "absolute": _absolute,
    "both": _both,
    "delta": _delta,
    "meanprob": _meanprob,
}


_BEST: Mapping[str, float] = {"relative": 1, "absolute": 1, "both": 2, "delta": _MOST, "meanprob": 1, "rank": 1}


def most_of(config: LikelihoodConfig) -> float:
    """Return what a text can earn at most."""
    if config.thresholds:
        return max(value for _, value in config.thresholds)
    return max(_BEST[mode] for mode in (config.mode, config.then) if mode is not None)


def rewarded(config: LikelihoodConfig, without: Likelihood, given: Likelihood, done: float = 0.0) -> float:
    """Return the reward of one text, `done` being the share of the run that is over; for `rank`, what is ranked."""
    if config.mode == "rank":
        return -given.n
    if config.thresholds:
        return stepped(100 * _relative(without, given, -1.0), config.thresholds)
    value = _of(config.mode, without, given, config.floor)
    if config.then is None:
        return value
    moved = min(1.0, done / config.over)
    return (1 - moved) * value + moved * _of(config.then, without, given, config.floor)


def _of(mode: LikelihoodMode, without: Likelihood, given: Likelihood, floor: float) -> float:
    return MODES[mode](without, given, floor)


def stepped(percent: float, thresholds: Sequence[tuple[float, float]]) -> float:
    """Return the value of the highest threshold that an improvement reaches, 0 below all of them."""
    return max((value for least, value in thresholds if percent >= least), default=0.0)


def ranked(values: Sequence[float | None]) -> list[float]:
    """Return (V - place) / V per text of a group, equals sharing the mean of their places; 0 for None."""
    values = [None if value is None else round(value, _PLACES) for value in values]
    valid = [value for value in values if value is not None]
    found = []
    for value in values:
        if value is None:
            found.append(0.0)
            continue
        better = sum(other > value for other in valid)
        equal = sum(other == value for other in valid)
        found.append((len(valid) - better - (equal - 1) / 2) / len(valid))
    return found
