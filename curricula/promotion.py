"""When a stage is passed, and when a passed one is lost: tests on held-out problems, each of them met once per test.

Every test is a pure function of `Evidence`, which the learner carries. `EProcess` keeps its level however often one
looks and finds soon who is good enough; the others are here to be compared with it (`docs/curricula.md`).
"""

from abc import ABC, abstractmethod
from functools import lru_cache
from itertools import accumulate
from math import exp, lgamma, log
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, FiniteFloat, Tag, model_validator

from curricula.fields import Compact, InPool, Strict

_LOG_CAP = 300.0
_MOST = 256  # problems of a look
_MOST_TESTS = 2**31


LEAST_BAR = 0.001
Bar = Annotated[float, Field(ge=LEAST_BAR, le=0.999)]


class Evidence(Compact):
    """Where the test of one stage stands: test number `attempt`, and what its `looks` have shown."""

    attempt: int = Field(1, ge=1, le=_MOST_TESTS)
    looks: InPool = 0
    mass: FiniteFloat = Field(0.0, ge=0)
    """Of the e-process."""
    trials: InPool = 0
    """Of this test: it meets no problem of the pool twice."""
    successes: InPool = 0
    recent: tuple[InPool, ...] = Field((), max_length=_MOST)
    """The successes of the newest looks, oldest first, where the test reads them."""

    @model_validator(mode="after")
    def _adds_up(self) -> "Evidence":
        if self.successes > self.trials:
            raise ValueError("more successes than trials")
        return self

    def restarted(self) -> "Evidence":
        """Return the next test: its pool is used up, or it is over, and the level is spent anew."""
        return Evidence(attempt=min(self.attempt + 1, _MOST_TESTS))


class _Test(Strict, ABC):
    """H0: success <= p0, against p1; `look` problems a look, false promotions at most alpha."""

    p0: Bar = 0.75
    p1: Bar = 0.9
    alpha: float = Field(0.05, ge=1e-6, le=0.5)
    look: int = Field(32, ge=1, le=_MOST)

    def level(self, now: Evidence) -> float:
        """Return alpha_j = alpha/(j(j+1)), which sums to alpha over all tests j = 1, 2, ..."""
        return self.alpha / (now.attempt * (now.attempt + 1))

    def after(self, now: Evidence, successes: int, trials: int) -> Evidence:
        """Return the test after one more look."""
        return now.model_copy(
            update={
                "looks": now.looks + 1,
                "trials": now.trials + trials,
                "successes": now.successes + successes,
            }
        )

    @abstractmethod
    def passed(self, now: Evidence) -> bool:
        """Whether what was seen is enough."""

    @abstractmethod
    def figures(self, now: Evidence) -> dict[str, float]:
        """Return the numbers that the decision is made of: what there is, and what is needed."""

    def fewest(self, now: Evidence, trials: int) -> int | None:
        """Return how many of the next look's problems must be right to pass; None where all would not be enough."""
        if not self.passed(self.after(now, trials, trials)):
            return None
        low, high = 0, trials
        while low < high:  # more right answers never make a promotion less likely
            middle = (low + high) // 2
            enough = self.passed(self.after(now, middle, trials))
            low, high = (low, middle) if enough else (middle + 1, high)
        return low


class _Rising(_Test):
    @model_validator(mode="after")
    def _bars_in_order(self) -> "_Rising":
        if self.p0 >= self.p1:
            raise ValueError("p0 is below p1")
        return self


class _Mixture(_Test):
    """An e-process with restarts (Shin, Ramdas, Rinaldo: e-detectors, arXiv 2203.03532).

    A mixture over the look at which the learner changed, because learners do change and what was before must not block
    for ever: M <- (M + 1/(k(k+1)))·LR_k, passed when M + 1/(k+1) >= 1/alpha_j.
    """

    def after(self, now: Evidence, successes: int, trials: int) -> Evidence:
        """Return the test after one more look."""
        k, failures = now.looks + 1, trials - successes
        log_ratio = successes * log(self.p1 / self.p0) + failures * log((1 - self.p1) / (1 - self.p0))
        # Capped far above any level that is ever needed: bars far apart would overflow in one look.
        mass = min((now.mass + 1 / (k * (k + 1))) * exp(min(log_ratio, _LOG_CAP)), exp(_LOG_CAP))
        return super().after(now, successes, trials).model_copy(update={"mass": mass})

    def passed(self, now: Evidence) -> bool:
        """Whether the e-value reaches 1/alpha_j."""
        evidence = self.figures(now)
        return evidence["e_value"] >= evidence["needed"]

    def figures(self, now: Evidence) -> dict[str, float]:
        """Return the e-value, to which the part of the mixture that starts after the last look belongs."""
        return {"e_value": now.mass + 1 / (now.looks + 1), "needed": 1 / self.level(now)}


class EProcess(_Rising, _Mixture):
    """The default: its level holds at every look, and for learners that drift up to the bar."""

    test: Literal["e_process"] = "e_process"


class BetaPosterior(_Rising):
    """Passed when P(success > p0) >= 1 - alpha_jk under a uniform prior, on all of the test's answers.

    Look k of test j may spend alpha_j/(k(k+1)), so that all looks together spend alpha. Early failures count for ever
    within a test, so learners that improve wait long.
    """

    test: Literal["beta"] = "beta"

    def passed(self, now: Evidence) -> bool:
        """Whether the posterior is sure enough."""
        evidence = self.figures(now)
        return evidence["posterior"] >= evidence["needed"]

    def figures(self, now: Evidence) -> dict[str, float]:
        """Return the posterior probability of more than p0, and the one needed."""
        spent = self.level(now) / (max(now.looks, 1) * (max(now.looks, 1) + 1))
        # P(Beta(s + 1, f + 1) > p0) is P(Bin(s + f + 1, p0) <= s).
        return {"posterior": _at_most(now.successes, now.trials + 1, self.p0), "needed": 1 - spent}


class ClopperPearson(_Rising):
    """One decision at `n` answers: passed when the exact lower bound of success at level alpha_j lies above p0."""

    test: Literal["clopper_pearson"] = "clopper_pearson"
    n: int = Field(128, ge=1, le=1_024)

    def after(self, now: Evidence, successes: int, trials: int) -> Evidence:
        """Return the test after one more look; the look after the decision is the first of the next test."""
        return super().after(now.restarted() if now.trials >= self.n else now, successes, trials)

    def passed(self, now: Evidence) -> bool:
        """Whether n answers are there, and enough of them right."""
        evidence = self.figures(now)
        return now.trials >= self.n and evidence["p_value"] < evidence["needed"]

    def figures(self, now: Evidence) -> dict[str, float]:
        """Return how likely as many successes are at p0; below alpha_j is the lower bound above p0."""
        return {"p_value": 1 - _at_most(now.successes - 1, now.trials, self.p0), "needed": self.level(now)}


class MeanOfLast(_Rising):
    """Passed when more than p0 of the last `n` answers are right: the rule of other collections, for comparison.

    It promises nothing: looked at often enough, it promotes nearly everybody (`make study-promotion`).
    """

    test: Literal["mean_of_last"] = "mean_of_last"
    n: int = Field(32, ge=1, le=1_024)

    @model_validator(mode="after")
    def _whole_looks(self) -> "MeanOfLast":
        if self.n % self.look or self.n // self.look > _MOST:
            raise ValueError(f"n is a multiple of look, at most {_MOST} looks")
        return self

    def after(self, now: Evidence, successes: int, trials: int) -> Evidence:
        """Return the test after one more look."""
        recent = (*now.recent, successes)[-(self.n // self.look) :]
        return super().after(now, successes, trials).model_copy(update={"recent": recent})

    def passed(self, now: Evidence) -> bool:
        """Whether the mean of the last n is above p0."""
        return len(now.recent) == self.n // self.look and self.figures(now)["mean"] > self.p0

    def figures(self, now: Evidence) -> dict[str, float]:
        """Return the mean, and what it must exceed."""
        trials = min(now.trials, self.n)  # a pool smaller than a look has smaller ones
        return {"mean": sum(now.recent) / trials if trials else 0.0, "needed": self.p0}


def _named(value: Any) -> str:
    return str(value.get("test", "e_process") if isinstance(value, dict) else getattr(value, "test", ""))


Promotion = Annotated[
    Annotated[EProcess, Tag("e_process")]
    | Annotated[BetaPosterior, Tag("beta")]
    | Annotated[ClopperPearson, Tag("clopper_pearson")]
    | Annotated[MeanOfLast, Tag("mean_of_last")],
    Discriminator(_named),
]


class Demotion(_Mixture):
    """The e-process turned around, H0: success >= p0 against p1 below it.

    p0 lies far under the bar of a promotion, so that a stage at the bar does not go up and down.
    """

    p0: Bar = 0.6
    p1: Bar = 0.4

    @classmethod
    def below(cls, promotion: "Promotion") -> "Demotion | None":
        """Return the bars that go with a promotion's where none are given: 0.6 and 0.4 for 0.75.

        None, where there is no room below.
        """
        p0, p1 = round(promotion.p0 * 0.8, 4), round(promotion.p0 * 8 / 15, 4)
        return cls(p0=p0, p1=p1, look=promotion.look) if p1 >= LEAST_BAR else None

    @model_validator(mode="after")
    def _bars_in_order(self) -> "Demotion":
        if self.p0 <= self.p1:
            raise ValueError("of a demotion, p1 is below p0")
        return self


def _at_most(most: int, n: int, p: float) -> float:
    """Return P(X <= most) of a Bin(n, p)."""
    return _distribution(n, p)[most] if most >= 0 else 0.0


@lru_cache(maxsize=256)
def _distribution(n: int, p: float) -> tuple[float, ...]:
    """Return P(X <= k) of a Bin(n, p) for every k: a test asks for many k of few n."""
    whole, logs = lgamma(n + 1), (log(p), log(1 - p))
    terms = (exp(whole - lgamma(k + 1) - lgamma(n - k + 1) + k * logs[0] + (n - k) * logs[1]) for k in range(n + 1))
    return tuple(min(total, 1.0) for total in accumulate(terms))
