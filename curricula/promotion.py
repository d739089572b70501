"""When a stage is passed: an anytime-valid test on held-out problems.

An e-process with restarts (Shin, Ramdas, Rinaldo: e-detectors, arXiv 2203.03532): a mixture over the look at which
the learner became good enough, because learners improve and early failures must not block for ever.
"""

from math import exp, log

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

_LOG_CAP = 300.0


class Promotion(BaseModel):
    """The test: H0 success <= p0 against p1, false promotions at most alpha, `look` problems a look."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    p0: float = Field(0.75, gt=0, lt=1)
    p1: float = Field(0.9, gt=0, lt=1)
    alpha: float = Field(0.05, gt=0, lt=1)
    look: int = Field(32, ge=1, le=256)

    @model_validator(mode="after")
    def _bars_in_order(self) -> "Promotion":
        if self.p0 >= self.p1:
            raise ValueError("p0 is below p1")
        return self


class EProcess(BaseModel):
    """Where the test of one stage stands: test number `attempt`, `looks` taken, and the mass gathered by them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempt: int = Field(1, ge=1, le=2**31)
    looks: int = Field(0, ge=0, le=2**31)
    mass: FiniteFloat = Field(0.0, ge=0)

    @property
    def e_value(self) -> float:
        """Evidence against H0: the mass, and the share of the mixture that starts after the last look."""
        return self.mass + 1 / (self.looks + 1)

    def after(self, successes: int, trials: int, rule: Promotion) -> "EProcess":
        """Return the process after one more look: M <- (M + 1/(k(k+1)))·LR_k."""
        k = self.looks + 1
        failures = trials - successes
        log_ratio = successes * log(rule.p1 / rule.p0) + failures * log((1 - rule.p1) / (1 - rule.p0))
        # Capped far above any level that is ever needed: bars far apart would overflow in one look.
        mass = min((self.mass + 1 / (k * (k + 1))) * exp(min(log_ratio, _LOG_CAP)), exp(_LOG_CAP))
        return EProcess(attempt=self.attempt, looks=k, mass=mass)

    def restarted(self) -> "EProcess":
        """Return the next test: its pool is used up, so problems repeat and the level is spent anew."""
        return EProcess(attempt=self.attempt + 1)

    def needed(self, rule: Promotion) -> float:
        """Return 1/alpha_j with alpha_j = alpha/(j(j+1)), which sums to alpha over all tests j = 1, 2, ..."""
        return self.attempt * (self.attempt + 1) / rule.alpha
