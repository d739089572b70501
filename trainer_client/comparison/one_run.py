"""One run of a comparison, in a process of its own: train, or go on; then answer held-out problems; then it is done."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from trainer_client.answers.answering import Answering, LocalModel
from trainer_client.answers.evaluator import asked, decoding
from trainer_client.client import EnvClient
from trainer_client.comparison.course import Watch, course_of
from trainer_client.config import TrainConfig, load_config
from trainer_client.errors import TrainingCollapsed
from trainer_client.loading.models import load_model, load_tokenizer, prepare_libraries
from trainer_client.run.run_folder import RunFolder
from trainer_client.train import train

_FILE = "result.json"

Rates = dict[str, dict[str, list[float | None]]]
"""By way to decode and stage: of each problem, the share of its answers that were right; None if none was judged."""


@dataclass(frozen=True)
class Result:
    """What one run came to."""

    rates: Rates
    pass_at: dict[str, dict[str, float]] = field(default_factory=dict)
    """By stage, of sampled answers."""
    cost: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    collapsed: str = ""
    course: dict[str, Any] = field(default_factory=dict)
    """As `Course` has it."""

    @property
    def success(self) -> float:
        """Mean greedy success over the stages; that of a collapsed run is 0."""
        return success(self.rates.get("greedy", {}))


def success(stages: Mapping[str, Sequence[float | None]]) -> float:
    """Return the mean over stages of what was judged of them; 0 where nothing was, as of a collapsed run."""
    judged = [[rate for rate in rates if rate is not None] for rates in stages.values()]
    means = [fmean(rates) for rates in judged if rates]
    return fmean(means) if means else 0.0


def read_result(run: Path) -> Result | None:
    """Return what a run came to, None while it is not done."""
    file = run / _FILE
    return Result(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def answered(
    config: TrainConfig, client: EnvClient, model: Answering, split: Any, temperatures: list[float]
) -> tuple[Rates, dict[str, dict[str, float]]]:
    """Return the rates of each problem per way to decode, and pass@k at temperature 1."""
    evaluator, problems = asked(config, client, split)
    rates: Rates = {}
    pass_at: dict[str, dict[str, float]] = {}
    for temperature in temperatures:
        way = f"T={temperature:g}" if temperature else "greedy"
        table = evaluator.table(model, problems, temperature, config.eval.samples)
        rates[way] = {
            stage: [row.rate if row.judged else None for row in scored.rows] for stage, scored in table.items()
        }
        if temperature == 1.0:
            pass_at = {stage: {str(k): p for k, p in s.at_k("pass").items()} for stage, s in table.items()}
    return rates, pass_at


def local(config: TrainConfig, client: EnvClient, path: Path) -> LocalModel:
    """Return a model as it is evaluated."""
    return LocalModel(client, load_model(path), load_tokenizer(path), decoding(config))


def one_run(config: TrainConfig, split: Any, watch: int = 0) -> Result:
    """Train what is left to train, looking at dev every `watch` steps, and evaluate."""
    started = time.monotonic()
    folder = RunFolder(config.run)
    with EnvClient(config.server.url, config.server.deadline_s) as client:
        collapsed = ""
        try:
            watching = (Watch(config, client, watch),) if watch else ()
            train(config, client, resume=(config.run / "config.yaml").exists(), callbacks=watching)
        except TrainingCollapsed as error:
            collapsed = str(error)
        cost = json.loads((config.run / "cost.json").read_text(encoding="utf-8"))
        course = course_of(config.run)
        if collapsed:
            return Result({}, {}, cost, time.monotonic() - started, collapsed, course)
        # The same answers are drawn for every seed of training: what differs is the model.
        asking = config.model_copy(update={"seed": 0})
        rates, pass_at = answered(asking, client, local(asking, client, folder.final), split, [0.0, 1.0])
    return Result(rates, pass_at, cost, time.monotonic() - started, course=course)


def main() -> None:
    """Do the run of a file, for `dev` (sweep) or `test` (report), watched every so many steps."""
    prepare_libraries()
    config = load_config(Path(sys.argv[1]))
    result = one_run(config, "dev" if sys.argv[2] == "sweep" else "test", int(sys.argv[3]))
    new = config.run / f"{_FILE}.new"
    new.write_text(json.dumps(asdict(result)), encoding="utf-8")
    new.replace(config.run / _FILE)


if __name__ == "__main__":
    main()
