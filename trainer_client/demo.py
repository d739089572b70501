"""The demo: warm-start a tiny model, train the arms at equal numbers of samples, and say what came out.

server -> tiny model -> warm start -> staged and uniform side by side, then fixed on staged's frontier -> tables
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

from rich.console import Console

from envserver.story import Look, ends
from envserver.wire import CurriculumOut, ProblemOut, Split
from trainer_client.answers.answering import LocalModel
from trainer_client.answers.evaluator import Evaluator, decoding
from trainer_client.answers.scored import Table
from trainer_client.answers.tables import arms_table, cell, markdown
from trainer_client.child_processes import ChildProcesses, Process
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig, dump_config, load_config
from trainer_client.errors import TrainerError
from trainer_client.loading.models import load_model, load_tokenizer
from trainer_client.pictures.plot import plot_arms
from trainer_client.run.display import Display
from trainer_client.run.story import read_story
from trainer_client.server_process import running_server
from trainer_client.supervised.warmstart import warmstart
from trainer_client.train import start_model

CONFIG = Path(__file__).parent / "demo.yaml"
TOOLS = Path(__file__).parent / "demo_tools.yaml"
_ARMS = {CONFIG: ("staged", "uniform", "fixed"), TOOLS: ("staged",)}
_MARKER = "demo.yaml"  # its resolved configuration; what --overwrite goes by
_CONTROL = 0.1  # temperature of the untrained control: what sharpening alone would give


def demo(
    folder: Path,
    overrides: Sequence[str],
    console: Console,
    url: str | None = None,
    overwrite: bool = False,
    tools: bool = False,
) -> None:
    """Run everything into `folder`, against the server at `url` or one of its own; raises `TrainerError`."""
    file = TOOLS if tools else CONFIG
    load_config(file, overrides)  # a mistake in them leaves no folder behind
    _make_room(folder, overwrite)
    started = time.monotonic()
    server = nullcontext(url) if url else running_server(folder / "server.log")
    with server as address:
        config = load_config(file, [*overrides, f"server.url={address}"])
        (folder / _MARKER).write_text(dump_config(config), encoding="utf-8")
        with EnvClient(address, config.server.deadline_s) as client:
            _Demo(folder, config, client, console, _ARMS[file]).run(started)


def _make_room(folder: Path, overwrite: bool) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (overwrite and (folder / _MARKER).exists()):
            raise TrainerError(f"{folder} is not empty: choose another folder (--overwrite replaces an earlier demo)")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


class _Demo:
    def __init__(
        self, folder: Path, config: TrainConfig, client: EnvClient, console: Console, arms: Sequence[str]
    ) -> None:
        self.arms = arms
        self.folder = folder
        self.config = config
        self.client = client
        self.console = console
        self.curriculum: CurriculumOut = client.curriculum(config.curriculum.name)
        self.stages = list(config.eval.stages) or [stage.name for stage in self.curriculum.stages]
        self.evaluator = Evaluator(client, self.curriculum.reference, config.curriculum.style)
        self.warm = folder / "warm"

    def run(self, started: float) -> None:
        """Warm-start, train the arms, evaluate, draw and tell."""
        self._say(
            f"Warm start: {self.config.warmstart.steps} supervised steps, {self.config.warmstart.noise:.0%} wrong"
        )
        warmstart(self.config, self.client, start_model(self.config, self.folder), self.warm)
        at_start = self._table(self.warm, self._problems("dev"), 1.0)
        self._train()
        test = self._problems("test")
        sampled: dict[str, Table] = {"warm start": self._table(self.warm, test, 1.0)}
        sampled[f"control: warm start, T={_CONTROL}"] = self._table(self.warm, test, _CONTROL)
        greedy: dict[str, Table] = {"warm start": self._table(self.warm, test, 0.0)}
        for arm in self.arms:
            sampled[arm] = self._table(self.folder / arm / "final", test, 1.0)
            greedy[arm] = self._table(self.folder / arm / "final", test, 0.0)
        plot_arms(self.folder / "climb.png", self.folder / "staged", sampled, self.stages)
        self._tell(at_start, sampled, greedy, time.monotonic() - started)

    def _train(self) -> None:
        """Run staged beside uniform, and fixed as soon as staged has found its frontier."""
        samples = self.config.grpo.steps * self.config.grpo.prompts * self.config.grpo.samples
        self._say(f"Training {', '.join(self.arms)}: {self.config.grpo.steps} steps, {samples} samples each")
        display = Display([self.folder / arm for arm in self.arms], self.console)
        beside = [arm for arm in self.arms if arm != "fixed"]
        with display.running(), ChildProcesses() as children:
            started = {arm: self._arm(children, arm, {"kind": arm}) for arm in beside}
            _wait(started["staged"], "staged", display)
            if "fixed" in self.arms:
                fixed = self._arm(children, "fixed", {"kind": "fixed", "stage": self.frontier})
                _wait(fixed, "fixed", display)
            for arm in beside[1:]:
                _wait(started[arm], arm, display)

    @property
    def frontier(self) -> str:
        """The stage that the staged arm was at in the end."""
        promoted = {look.stage for look in read_story(self.folder / "staged").promoted}
        return next((stage for stage in self.stages if stage not in promoted), self.stages[-1])

    def _arm(self, children: ChildProcesses, name: str, policy: dict[str, str]) -> Process:
        """Start `echelon-trainer train` for one arm."""
        changed = {
            "run": self.folder / name,
            "curriculum": self.config.curriculum.model_copy(update={"policy": policy}),
            "model": self.config.model.model_copy(update={"path": str(self.warm)}),
        }
        file = self.folder / f"{name}.yaml"
        file.write_text(dump_config(self.config.model_copy(update=changed)), encoding="utf-8")
        return children.start([sys.executable, "-m", "trainer_client", "train", str(file)], self.folder / f"{name}.log")

    def _problems(self, split: Split) -> dict[str, list[ProblemOut]]:
        n = range(self.config.eval.n)
        return {stage: self.evaluator.problems(stage, split, n) for stage in self.stages}

    def _table(self, model: Path, problems: Mapping[str, Sequence[ProblemOut]], temperature: float) -> Table:
        local = LocalModel(self.client, load_model(model), load_tokenizer(model), decoding(self.config))
        return self.evaluator.table(local, problems, temperature)

    def _tell(self, at_start: Table, sampled: Mapping[str, Table], greedy: Mapping[str, Table], seconds: float) -> None:
        promoted = read_story(self.folder / "staged").promoted
        text = "\n\n".join(
            [
                f"## Demo, seed {self.config.seed}: {len(promoted)} promotions, {seconds:.0f} s",
                "Sampled at temperature 1 on distinct test problems (the control at a low temperature):",
                arms_table(sampled, self.stages),
                "Greedy on the same problems:",
                arms_table(greedy, self.stages),
                *self._economy(greedy),
                "Parts of the reward in training, mean of the first five generations -> of the last five:",
                self._over_time("parts", "part", lambda value: f"{value:.3f}"),
                "Signs of gaming per 1,000 completions in training, in the same way:",
                self._over_time("flags", "sign", lambda value: f"{value:.0f}"),
                f"Promotions of the staged arm{self._fixed_on}:",
                _promotions(promoted, at_start, sampled["staged"]),
            ]
        )
        (self.folder / "results.md").write_text(text + "\n", encoding="utf-8")
        tables = {"dev_at_start": {"warm start": at_start}, "test_sampled": sampled, "test_greedy": greedy}
        flat = {k: {arm: {s: v.as_json() for s, v in t.items()} for arm, t in a.items()} for k, a in tables.items()}
        (self.folder / "results.json").write_text(json.dumps(flat, indent=1), encoding="utf-8")
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
        self._say(f"Picture: {self.folder / 'climb.png'}; everything else: {self.folder}")

    @property
    def _fixed_on(self) -> str:
        return f" (fixed then trained {self.frontier} only)" if "fixed" in self.arms else ""

    def _economy(self, greedy: Mapping[str, Table]) -> list[str]:
        """Return how many actions were used, where problems have several turns."""
        if not any(scored.economy for table in greedy.values() for scored in table.values()):
            return []
        cells = {
            stage: [f"{table[stage].economy:.2f}" if table[stage].economy else "" for table in greedy.values()]
            for stage in self.stages
        }
        return [
            "Actions of the standard method over actions taken, where solved greedily:",
            markdown(["stage", *greedy], [[stage, *row] for stage, row in cells.items()]),
        ]

    def _over_time(self, kind: Literal["parts", "flags"], head: str, shown: Callable[[float], str]) -> str:
        """Return a row per part or flag and a column per arm."""
        series = {arm: getattr(read_story(self.folder / arm), kind) for arm in self.arms}
        names = sorted({name for found in series.values() for name in found})
        rows = [
            [name, *(" -> ".join(map(shown, ends(series[arm].get(name, ())))) for arm in self.arms)] for name in names
        ]
        return markdown([head, *self.arms], rows or [["none", *[""] * len(self.arms)]])

    def _say(self, text: str) -> None:
        self.console.print(text, style="bold", highlight=False, soft_wrap=True)


def _promotions(promoted: Sequence[Look], at_start: Table, final: Table) -> str:
    head = ["stage", "dev at start", "step", "deciding look", "greedy", "evidence", "test at the end"]
    rows = [
        [
            look.stage,
            cell(at_start[look.stage]) if look.stage in at_start else "",
            str(look.step),
            f"{look.successes}/{look.trials}",
            f"{look.greedy}/{look.greedy_trials}",
            look.reason,
            cell(final[look.stage]) if look.stage in final else "",
        ]
        for look in promoted
    ]
    return markdown(head, rows or [["none", *[""] * 6]])


def _wait(process: Process, name: str, display: Display) -> None:
    while process.poll() is None:
        display.refresh()
        time.sleep(0.5)
    display.refresh()
    if process.returncode:
        log = display.folders[0].with_name(f"{name}.log")
        raise TrainerError(f"the arm {name} ended with {process.returncode}; see {log}")
