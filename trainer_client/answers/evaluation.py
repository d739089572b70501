"""`echelon-trainer eval`: models, ways to decode, splits and curricula, as tables, JSON and a picture."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from envserver.wire import Split
from trainer_client.answers.answering import Answering
from trainer_client.answers.evaluator import answering, asked
from trainer_client.answers.scored import Table
from trainer_client.answers.tables import arms_table, differences_table, gap_table, k_table, said_table
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.pictures.plot import plot_evaluation

SPLITS: Sequence[Split] = ("train", "dev", "test")


@dataclass
class Report:
    """What models answered: tables by model, split and way to decode, each per stage."""

    against: str | None
    split: Split
    stages: list[str] = field(default_factory=list)
    tables: dict[tuple[int, Split, str], Table] = field(default_factory=dict)
    """By the place of the model: 0 is the one asked about, 1 the one it is held against."""

    @property
    def arms(self) -> dict[str, Table]:
        """The tables of the main split by name."""
        return {
            way if not of else f"{self.against} {way}": table
            for (of, split, way), table in self.tables.items()
            if split == self.split
        }

    @property
    def text(self) -> str:
        """The tables in Markdown."""
        parts = [arms_table(self.arms, self.stages)]
        if any(scored.samples > 1 for table in self.arms.values() for scored in table.values()):
            parts += ["pass@k and maj@k:", k_table(self.arms, self.stages)]
        if self.against is not None:
            ways = [way for of, split, way in self.tables if not of and split == self.split]
            pairs = {way: (self.tables[0, self.split, way], self.tables[1, self.split, way]) for way in ways}
            parts += [f"Minus {self.against}, on the same problems:", differences_table(pairs, self.stages)]
        if len({split for _, split, _ in self.tables}) > 1:
            by_way: dict[str, dict[str, Table]] = {}
            for (of, split, way), table in self.tables.items():
                if not of:
                    by_way.setdefault(way, {})[split] = table
            parts += ["The same model on other splits:", gap_table(by_way, self.stages)]
        parts += ["Length, switch words per answer, and share cut off:", said_table(self.arms, self.stages)]
        return "\n\n".join(parts)

    def as_json(self) -> dict[str, object]:
        """Return every number."""
        names = {0: "model", 1: self.against or ""}
        found: dict[str, dict[str, dict[str, object]]] = {}
        for (of, split, way), table in self.tables.items():
            arm = found.setdefault(names[of], {}).setdefault(split, {})
            arm[way] = {stage: scored.as_json() for stage, scored in table.items()}
        return {"stages": self.stages, **found}

    def write(self, output: Path | None, picture: Path | None) -> None:
        """Write the numbers and the picture where they are wanted."""
        if output is not None:
            output.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")
        if picture is not None:
            plot_evaluation(picture, self.arms, self.stages, f"{self.split} problems")


def evaluated(
    config: TrainConfig,
    temperatures: Sequence[float],
    against: str | None = None,
    splits: Sequence[Split] = (),
    also: Sequence[str] = (),
) -> Report:
    """Answer held-out problems of the configured curriculum, and of others, with one model or two."""
    report = Report(against, config.eval.split)
    with EnvClient(config.server.url, config.server.deadline_s) as client:
        models = [answering(config, client), *([answering(config, client, against)] if against else [])]
        for name in (config.curriculum.name, *also):
            curriculum = config.curriculum.model_copy(update={"name": name})
            own = config.model_copy(update={"curriculum": curriculum})
            if name != config.curriculum.name:
                own = own.model_copy(update={"eval": config.eval.model_copy(update={"stages": ()})})
            prefix = "" if name == config.curriculum.name else f"{name}/"
            for split in dict.fromkeys((config.eval.split, *splits)):
                _ask(own, client, models, split, temperatures, report, prefix)
    return report


def _ask(
    config: TrainConfig,
    client: EnvClient,
    models: Sequence[Answering],
    split: Split,
    temperatures: Sequence[float],
    report: Report,
    prefix: str,
) -> None:
    evaluator, problems = asked(config, client, split)
    report.stages += [f"{prefix}{stage}" for stage in problems if f"{prefix}{stage}" not in report.stages]
    for of, model in enumerate(models):
        for temperature in dict.fromkeys(temperatures):
            way = f"T={temperature:g}" if temperature else "greedy"
            table = evaluator.table(model, problems, temperature, config.eval.samples)
            known = report.tables.get((of, split, way), {})
            report.tables[of, split, way] = {**known, **{f"{prefix}{stage}": found for stage, found in table.items()}}
