"""`make bench-trainer`: our steps against stock TRL's, arm by arm and in turn; the trunk, the sampler, kept turns.

Stock TRL is its GRPOTrainer with a reward function in its own process: same model, problems of the same stage, same
settings, no gradient checkpointing and no bfloat16 on a CPU (its defaults, which cost it half as much again), one
thread. Ours asks a server on loopback. Both are timed from the end of a step to the end of the next, without the first,
and both say how many tokens they sampled of a generation: texts are as long as chance has them.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import httpx
from datasets import Dataset

from benchmarks.sampling import SAMPLED, TURNS, Batch, bench_sampling, bench_turns, spread
from benchmarks.stock_trl import Clock, mean_length, stock_step
from envserver.wire import SampleRequest
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig, load_config
from trainer_client.grpo.scoring import Scoring
from trainer_client.loading.models import prepare_libraries
from trainer_client.run.run_folder import RunFolder
from trainer_client.server_process import running_server
from trainer_client.supervised.warmstart import warmstart
from trainer_client.train import start_model, train


@dataclass(frozen=True)
class Shape:
    """A model, and what is sampled of it at each step; `warm` for one that has learned to end its answers."""

    name: str
    model: str
    grpo: str
    warm: bool = False


@dataclass(frozen=True)
class Arm:
    """What trains, how near its reference, and how often of one generation."""

    name: str
    strategy: str
    beta: float = 0.0
    updates: int = 1


DEEP = Shape("8 layers, hidden 128", "layers: 8, hidden: 128", "prompts: 8, samples: 8, max_completion: 48")
WIDE = Shape("8 layers, hidden 256", "layers: 8, hidden: 256", "prompts: 4, samples: 8, max_completion: 48")
BUDGET = Shape("4 layers, hidden 128", "layers: 4, hidden: 128", "prompts: 16, samples: 8, max_completion: 48")
DEMO = Shape("2 layers, hidden 64, warm", "layers: 2, hidden: 64", "prompts: 64, samples: 8, max_completion: 32", True)
SMALL = Shape("8 layers, hidden 16", "layers: 8, hidden: 16", "prompts: 4, samples: 2, max_completion: 8")
FULL, LORA = "{kind: full}", "{kind: lora, rank: 16}"
LAST, LAST_LORA = "{kind: layers, layers: {last: 2}}", "{kind: lora, rank: 16, layers: {last: 2}}"
STEPS: tuple[tuple[Shape, Arm], ...] = (
    (DEMO, Arm("all weights", FULL)),
    (DEMO, Arm("LoRA on all layers", LORA)),
    (BUDGET, Arm("all weights", FULL)),
    (BUDGET, Arm("LoRA on all layers", LORA)),
    (BUDGET, Arm("last layer", "{kind: layers, layers: {last: 1}}")),
    (DEEP, Arm("all weights, KL", FULL, 0.02)),
    (DEEP, Arm("LoRA on all layers, KL", LORA, 0.02)),
    (DEEP, Arm("LoRA on all layers, KL, 4 updates", LORA, 0.02, 4)),
    (DEEP, Arm("LoRA on the last quarter", LAST_LORA)),
    (DEEP, Arm("LoRA on the last quarter, KL", LAST_LORA, 0.02)),
    (DEEP, Arm("LoRA on the last quarter, KL, 4 updates", LAST_LORA, 0.02, 4)),
    (DEEP, Arm("last quarter, KL", LAST, 0.02)),
    (DEEP, Arm("last quarter, KL, 4 updates", LAST, 0.02, 4)),
)
TRUNK = (
    ("LoRA on all layers, checkpointed as is TRL's default", LORA, "checkpointing: true"),
    ("LoRA on all layers", LORA, ""),
    ("LoRA on the last quarter, without the trunk cache", LAST_LORA, "trunk_cache: false"),
    ("LoRA on the last quarter, with it", LAST_LORA, "trunk_cache: true"),
)


class Bench:
    """A server, and start models by shape."""

    def __init__(self, folder: Path, url: str, generations: int) -> None:
        self.folder = folder
        self.url = url
        self.generations = generations
        self.seed = 0
        self._models: dict[str, Path] = {}
        self._runs = 0

    def config(self, shape: Shape, arm: Arm, *more: str) -> TrainConfig:
        """Return the settings of a run of its own: a step, and then whole generations."""
        self._runs += 1
        generations = self.generations if arm.updates == 1 else -(-self.generations // 2)
        steps = f"steps: {1 + generations * arm.updates}"
        asked = f"beta: {arm.beta}, iterations: {arm.updates}, save_every: {arm.updates}00"
        grpo = ", ".join(part for part in (shape.grpo, steps, asked, *more) if part)
        told = [
            f"server.url={self.url}",
            f"run={self.folder / f'run-{self._runs}'}",
            f"seed={self.seed}",
            "curriculum={name: inverse, style: bare, policy: {kind: fixed, stage: scalar}}",
            f"model={{{shape.model}}}",
            f"strategy={arm.strategy}",
            f"grpo={{{grpo}}}",
            "warmstart={steps: 300, noise: 0.5, stages: {scalar: 1}}",
        ]
        return load_config(None, told)

    def model(self, shape: Shape) -> Path:
        """Return where the shape's start model is; it is made once."""
        if shape.name not in self._models:
            config = self.config(shape, Arm("", FULL))
            path = Path(start_model(config, self.folder / f"model-{len(self._models)}"))
            if shape.warm:
                with EnvClient(self.url) as client:
                    warmstart(config, client, path, path.with_name("warm"))
                path = path.with_name("warm")
            self._models[shape.name] = path
        return self._models[shape.name]

    def ours(self, shape: Shape, arm: Arm, more: str = "") -> tuple[float, RunFolder]:
        """Train with our trainer; return the mean seconds of a step, and the run."""
        config = self.config(shape, arm, more)
        model = config.model.model_copy(update={"path": str(self.model(shape))})
        clock = Clock()
        with EnvClient(self.url) as client:
            train(config.model_copy(update={"model": model}), client, callbacks=(clock,))
        return statistics.mean(clock.seconds), RunFolder(config.run)

    def stock(self, shape: Shape, arm: Arm) -> tuple[float, float]:
        """Train with TRL's own; return the mean seconds of a step, and the mean length of a completion."""
        config = self.config(shape, arm)
        return stock_step(config, self.model(shape), self._problems(config))

    def _problems(self, config: TrainConfig) -> Dataset:
        count = config.grpo.prompts * config.grpo.steps
        with EnvClient(self.url) as client:
            request = SampleRequest(curriculum="inverse", stage="scalar", style="bare", slots=[0], seed=config.seed)
            posed = client.sample(request, range(count))
        return Dataset.from_dict({"prompt": [p.prompt for p in posed], "problem": [p.id for p in posed]})


def bench_steps(bench: Bench, rounds: int, arms: Sequence[tuple[Shape, Arm]] = STEPS) -> Iterator[tuple[str, str]]:
    """Yield a whole step of both, in turn, with another seed in every round, and the ratios of the rounds."""
    for shape, arm in arms:
        theirs, own, lengths = [], [], []
        for bench.seed in range(rounds):
            seconds, length = bench.stock(shape, arm)
            theirs.append(seconds)
            seconds, run = bench.ours(shape, arm)
            own.append(seconds)
            lengths.append((length, mean_length(run.read("metrics.jsonl"))))
        said = " and ".join(f"{statistics.mean(side):.1f}" for side in zip(*lengths, strict=True))
        ratios = [a / b for a, b in zip(theirs, own, strict=True)]
        # Of several updates one has the generation in it: a mean tells what a step takes, a median would leave it out.
        figure = f"TRL {statistics.median(theirs):.3f} s, ours {statistics.median(own):.3f} s: {spread(ratios)}"
        yield f"step, {shape.name}: {arm.name}", f"{figure}; {said} tokens a text"


def bench_trunk(bench: Bench, rounds: int, shapes: Sequence[Shape]) -> Iterator[tuple[str, str]]:
    """Yield forward and backward passes with and without the trunk, from the profile of whole runs, in turn."""
    for shape, updates in [(shape, updates) for shape in shapes for updates in (1, 4)]:
        taken: dict[str, list[float]] = {name: [] for name, *_ in TRUNK}
        for _ in range(rounds):
            for name, strategy, more in TRUNK:
                run = bench.ours(shape, Arm(name, strategy, 0.02, updates), more)[1]
                rows = run.read("metrics.jsonl")[1:]
                taken[name].append(sum(row["seconds/logps"] + row["seconds/backward"] for row in rows) / len(rows))
        own = taken[TRUNK[-1][0]]
        for name, seconds in taken.items():
            ratios = [a / b for a, b in zip(seconds, own, strict=True)]
            what = f"{shape.name}, {updates} update{'s' * (updates > 1)}: {name}"
            yield f"passes, {what}", f"{statistics.median(seconds):.3f} s: {spread(ratios)}"


class _Slow(httpx.HTTPTransport):
    """As if every judgement took 4 ms: a program that is run, a proof that is checked."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/score":
            time.sleep(0.004 * len(json.loads(request.read())["items"]))
        return super().handle_request(request)


def bench_overlap(bench: Bench, shape: Shape) -> Iterator[tuple[str, str]]:
    """Yield what a step took and what it waited for, with judging beside sampling and without, in turn."""
    for name, transport in (("judgements of 4 ms each", _Slow), ("our own server", httpx.HTTPTransport)):
        for beside in (True, False):
            config = bench.config(shape, Arm("", FULL), "sampler: own")
            with (
                patch.object(Scoring, "judges_what_is_said", beside),
                EnvClient(bench.url, transport=transport()) as env,
            ):
                train(config, env)
            rows = RunFolder(config.run).read("metrics.jsonl")[1:]
            step, waited, sampling, hidden = (
                statistics.mean(row[f"seconds/{part}"] for row in rows)
                for part in ("step", "environment", "sampling", "hidden")
            )
            told = f"step {step:.3f} s: waited {waited:.3f}, sampled {sampling:.3f}, calls beside it {hidden:.3f}"
            yield f"overlap, {name}, {shape.name}: {'beside sampling' if beside else 'behind it'}", told


@contextmanager
def benching(generations: int) -> Iterator[Bench]:
    """Yield a bench with a server of its own."""
    prepare_libraries()
    with (
        tempfile.TemporaryDirectory() as name,
        running_server(Path(name) / "server.log", settings={"ECHELON_REVEAL": "1"}) as url,
    ):
        yield Bench(Path(name), url, generations)


def bench_trainer(short: bool) -> Iterator[tuple[str, str]]:
    """Yield every row of (what, figure)."""
    rounds, times, generations = (1, 1, 1) if short else (3, 5, 5)
    batches = [Batch(2, 16, 4, 2, 10, 8)] if short else SAMPLED
    turns = batches if short else TURNS
    shapes = (SMALL,) if short else (DEEP, WIDE)
    steps = ((SMALL, Arm("LoRA on the last quarter, KL, 4 updates", LAST_LORA, 0.02, 4)),) if short else STEPS
    with benching(generations) as bench:
        yield from bench_sampling(times, batches)
        yield from bench_turns(times, turns)
        yield from bench_overlap(bench, SMALL if short else BUDGET)
        yield from bench_trunk(bench, rounds, shapes)
        yield from bench_steps(bench, rounds, steps)


if __name__ == "__main__":
    for what, figure in bench_trainer("--short" in sys.argv):
        print(f"{what:<98} {figure}", flush=True)
