"""Looks at every generation: what is logged of it, which signs of gaming its rows show, and whether any has jumped."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from transformers import TrainerCallback

from trainer_client.likelihood.modes import most_of
from trainer_client.reward_config import AlarmsConfig, LikelihoodConfig
from trainer_client.run.run_folder import RunFolder
from trainer_client.watching.alarms import Alarms
from trainer_client.watching.generation_log import generation_metrics
from trainer_client.watching.group_signs import with_group_signs
from trainer_client.watching.ladder import Ladder, Row
from trainer_client.watching.probe import Probe, Prober, best_reward, shaped_parts


class Watcher:
    """Writes decisions, alarms and probes; `paused` says why the run is to stop, if it is."""

    def __init__(
        self, config: AlarmsConfig, folder: RunFolder, prober: Prober, likelihood: LikelihoodConfig | None = None
    ) -> None:
        self.config = config
        self.folder = folder
        self.prober = prober
        self.paused = ""
        curriculum = prober.curriculum
        self._stages = [stage.name for stage in curriculum.stages]
        self._alarms = Alarms(best_reward(curriculum), shaped_parts(curriculum))
        if likelihood is not None:
            self._alarms = Alarms(most_of(likelihood), frozenset({"likelihood"}))

    def due(self, generation: int, ladder: Ladder) -> str | None:
        """Return the stage to probe in this generation, if one is."""
        every = self.config.probe_every
        return ladder.stages[ladder.frontier] if every and (generation + 1) % every == 0 else None

    def observe(
        self,
        rows: Sequence[Row],
        decisions: Sequence[Mapping[str, Any]],
        probe: Probe | None,
        place: Mapping[str, Any],
        log: bool,
    ) -> dict[str, float]:
        """Return the metrics of a generation; `place` is where it is in the run, and one rank is to `log`."""
        signed = with_group_signs(rows)
        said = [alarm.says for alarm in self._alarms.watch(signed)] + (probe.alarms if probe else [])
        if log:
            self.folder.append("decisions.jsonl", [{**place, **decision} for decision in decisions])
            self.folder.append("alarms.jsonl", [{**place, "says": one} for one in said])
            self.folder.append("probes.jsonl", [{**place, **probe.as_json()}] if probe else [])
        if said and self.config.pause:
            self.paused = "; ".join(said)
        return {**generation_metrics(signed, self._stages), "alarms": float(len(said))}

    @property
    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return self._alarms.state

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what a checkpoint kept."""
        self._alarms.restore(state)


class WatcherCallback(TrainerCallback):
    """Stops a run that is to pause, at the end of its generation and with a checkpoint, as soon as one may be saved."""

    def __init__(self, watcher: Watcher, iterations: int, may_save: Callable[[], bool]) -> None:
        self.watcher = watcher
        self.iterations = iterations
        self.may_save = may_save

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.watcher.paused and self.may_save() and state.global_step % self.iterations == 0:
            control.should_save = control.should_training_stop = True
