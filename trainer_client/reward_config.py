"""What a run is rewarded for beside the server's reward, and what it does about signs of gaming."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """Settings: unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AlarmsConfig(Strict):
    """What is done about signs of gaming; they are always counted, and alarms always written down."""

    pause: bool = False
    """Stop at an alarm, with a checkpoint that --resume goes on from."""
    probe_every: int = Field(0, ge=0)
    """Generations between probes of the frontier with canaries and restated problems; 0: none."""
    probes: int = Field(16, ge=4, le=256)
    """Problems of a probe."""


LikelihoodMode = Literal["relative", "absolute", "both", "delta", "meanprob", "rank"]


class LikelihoodConfig(Strict):
    """Instead of the server's reward: how much likelier a text makes the known answer; the server must reveal it.

    The server's verdict is asked and logged all the same.
    """

    of: Literal["thought", "help"] = "thought"
    """What is rewarded: the thought of a completion, or a completion that is no answer, but helps the base to one."""
    mode: LikelihoodMode = "meanprob"
    then: LikelihoodMode | None = None
    """The mode that it moves to over the run."""
    over: float = Field(1.0, gt=0, le=1)
    """The share of the run over which it moves."""
    thresholds: tuple[tuple[float, float], ...] = ()
    """Of `relative`, steps instead of the value: percent of improvement, and what they are worth."""
    floor: Literal[0, -1] = 0
    """The least that a text can earn; what is refused earns it."""
    base: Path | None = None
    """The model that is asked, or None: the policy with its adapter off."""
    min_tokens: int = Field(1, ge=1)
    max_tokens: int | None = Field(None, ge=1)
    """Longer texts are refused; None: those that were cut off."""
    leaks: Literal["refuse", "count"] | None = None
    """What is done with texts that say the answer; None: help is refused, a thought, where it is in place, flagged."""
    ask: str = ""
    """For `help`, what stands behind the question instead of the demand for an answer."""

    @property
    def refuses_leaks(self) -> bool:
        """Whether a text that says the answer earns the least."""
        return self.leaks == "refuse" or (self.leaks is None and self.of == "help")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.thresholds and (self.mode != "relative" or self.then):
            raise ValueError("thresholds are steps of `relative` alone")
        if "rank" in (self.mode, self.then) and self.then:
            raise ValueError("places in a group do not mix with another mode")
        if self.of == "help" and not self.ask:
            raise ValueError("of: help needs `ask`, what the policy is asked for")
        return self
