"""Our curricula as data sets of reasoning-gym 0.1, judged as `/score` judges; no server is asked.

    from envserver.protocols.reasoning_gym_datasets import register
    register()
    data = reasoning_gym.create_dataset("echelon_inverse", stage="shear", seed=7, size=500)
    data.score_answer("[[1, 0], [0, 1]]", data[0])

Item i is the problem that `/sample` poses in slot i of that seed, stage and split: no shift of the seed shows a problem
of another split. reasoning-gym's own curricula climb too: their level is our stage.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from reasoning_gym.coaching.attributes import ScalarAttributeDefinition
from reasoning_gym.coaching.base_curriculum import BaseCurriculum
from reasoning_gym.dataset import ProceduralDataset
from reasoning_gym.factory import DATASETS, register_dataset

from curricula.curriculum import Curriculum, Stage
from curricula.pools import pool
from envserver import wire
from envserver.judging import reward_of
from envserver.service import Service
from envserver.sets import served
from envserver.settings import Settings
from generators.families import build
from generators.ids import ProblemId, Split
from generators.layouts import LAYOUTS


@dataclass
class StageConfig:
    """Which problems; without a stage those of the curriculum's first."""

    curriculum: str = ""
    stage: str | None = None
    split: Split = "train"
    seed: int | None = None
    size: int = 500

    def validate(self) -> None:
        """Raise `UnknownCurriculum`, or ValueError, for what cannot be posed."""
        stage = self.found
        if build(stage.problem_id("train", 0, _STYLE)).max_turns > 1:
            raise ValueError(f"{stage.name} is played in turns: reasoning-gym asks questions")
        if self.size < 1:
            raise ValueError("size must be positive")
        if self.split != "test" and _service().curriculum(self.curriculum).test_only:
            raise ValueError(f"{self.curriculum} is for tests only: split='test'")

    @property
    def found(self) -> Stage:
        """The stage."""
        curriculum = _service().curriculum(self.curriculum)
        return curriculum.stage(self.stage or curriculum.names[0])


_STYLE = "chat"  # its question is a sentence; where the answer stands is for the caller to say, and to find


class StageDataset(ProceduralDataset):  # type: ignore[misc]
    """The problems of one stage; of `dev` and `test` at most as many as their pools hold."""

    def __init__(self, config: StageConfig) -> None:
        held_out = config.split != "train"
        size = min(config.size, len(pool(config.found.stem, config.split))) if held_out else config.size
        super().__init__(config=config, seed=config.seed, size=size)

    def __reduce__(self) -> tuple[Any, ...]:
        """A worker process makes it anew; it need not have registered anything."""
        return StageDataset, (StageConfig(**{**vars(self.config), "seed": self.seed}),)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        config, stage = self.config, self.config.found
        asked = {"curriculum": config.curriculum, "stage": stage.name, "split": config.split, "seed": self.seed}
        [posed] = _service().sample(wire.SampleRequest(**asked, style=_STYLE, slots=[idx]), may_reveal=False).problems
        if posed.error is not None:
            raise IndexError(posed.error.message)
        made = build(ProblemId.parse(posed.id))
        about = {"source_dataset": f"echelon_{config.curriculum}", "source_index": idx, "problem_id": posed.id}
        return {
            "question": posed.messages[-1].content,
            "answer": LAYOUTS[_STYLE].find(made.reveal("answer")),
            "metadata": {**about, "split": config.split, "difficulty": {"stage": stage.name}},
        }

    def score_answer(self, answer: str | None, entry: Mapping[str, Any]) -> float:
        """Return the curriculum's reward of an answer without its tags; raises `Unjudged`, which is no zero."""
        said = LAYOUTS[_STYLE].frame("", answer or "")
        stage = entry["metadata"]["difficulty"]["stage"]
        item = wire.ScoreItem(id=entry["metadata"]["problem_id"], completion=said, stage=stage)
        [verdict] = _service().score(wire.ScoreRequest(items=[item], curriculum=self.config.curriculum)).verdicts
        return reward_of(verdict)


def register() -> list[str]:
    """Tell reasoning-gym of every curriculum that this installation serves, and return their names there."""
    names = []
    for curriculum in _service().curricula.values():
        if (name := f"echelon_{curriculum.name}") not in DATASETS:
            config: type = dataclass(type("StageConfig", (StageConfig,), _default(curriculum)))
            register_dataset(name, StageDataset, config, _curriculum(name, config, curriculum.names))
        names.append(name)
    return names


def _default(curriculum: Curriculum) -> dict[str, Any]:
    split = "test" if curriculum.test_only else "train"
    return {"__annotations__": {"curriculum": str, "split": str}, "curriculum": curriculum.name, "split": split}


def _curriculum(name: str, config: type, stages: tuple[str, ...]) -> type:
    def begin(self: Any) -> None:
        BaseCurriculum.__init__(self, name, config)
        levels = ScalarAttributeDefinition(name="stage", field_name="stage", levels=list(stages))
        self._define_attributes(levels)

    return type("StageCurriculum", (BaseCurriculum,), {"__init__": begin})


@cache
def _service() -> Service:
    settings = Settings()
    return Service(served(settings), settings.max_completion_chars)
