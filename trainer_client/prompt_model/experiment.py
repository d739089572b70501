"""From a file to a table: make the start, train a helper per reward and seed, ask the base behind every kind of help.

What is done is not done again: the same command goes on where it was stopped.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from envserver.wire import ProblemOut, SampleRequest
from trainer_client.answers.answering import LocalModel
from trainer_client.answers.decoding import Decoding
from trainer_client.answers.evaluator import Evaluator
from trainer_client.child_processes import ChildProcesses, Process
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig, dump_config
from trainer_client.errors import BadRun, TrainerError
from trainer_client.likelihood.framing import Frame, frame_of
from trainer_client.likelihood.scorer import Scorer
from trainer_client.likelihood.scoring import LikelihoodScoring
from trainer_client.loading.models import load_model, load_tokenizer
from trainer_client.prompt_model.agreement import Agreement, agreement
from trainer_client.prompt_model.arms import GOLD, NONE, RANDOM, UNTRAINED, Arm, Bench
from trainer_client.prompt_model.config import PromptModelConfig
from trainer_client.prompt_model.report import write_report
from trainer_client.prompt_model.starts import make_base, make_helper, thought
from trainer_client.sampling.names import of_others
from trainer_client.supervised.seeds import PROMPT_ASKED
from trainer_client.train import start_model


class Experiment:
    """One experiment in one folder."""

    def __init__(
        self, config: PromptModelConfig, client: EnvClient, folder: Path, say: Callable[[str], None], jobs: int
    ) -> None:
        self.config = config
        self.train = config.train.model_copy(
            update={"server": config.train.server.model_copy(update={"url": client.url})}
        )
        self.client = client
        self.folder = folder
        self.say = say
        self.jobs = jobs
        self.curriculum = client.curriculum(self.train.curriculum.name)
        self.frame: Frame = frame_of(self.train.curriculum.style or self.curriculum.style)

    def run(self) -> None:
        """Do what is not done yet, and write `results.md`, `results.json` and `arms.png`."""
        self._take_folder()
        base, helper = self._starts()
        self._train(base, helper)
        self.say("Asking the base behind every kind of help")
        found = {split: self._arms(split, base, helper) for split in ("test", "train")}
        agreed = self._agreement(base, helper)
        write_report(self.folder, self.config, found, agreed)

    def _take_folder(self) -> None:
        """Note what is done here; raises `BadRun` where the folder holds another experiment."""
        self.folder.mkdir(parents=True, exist_ok=True)
        told = self.config.model_dump(mode="json")
        told["train"].pop("server")
        text, file = yaml.safe_dump(told, sort_keys=False), self.folder / "experiment.yaml"
        if file.exists() and file.read_text(encoding="utf-8") != text:
            raise BadRun(f"{self.folder} holds an experiment with other settings: see experiment.yaml there")
        file.write_text(text, encoding="utf-8")

    def _starts(self) -> tuple[Path, Path]:
        """Return the base and the helper, made where they are to be made."""
        source = start_model(self.train, self.folder) if not (self.folder / "tiny").exists() else self.folder / "tiny"
        base, helper = Path(source), self.folder / "helper"
        if self.config.base is not None:
            if not (self.folder / "base").exists():
                self.say(f"The base: {self.config.base.steps} supervised steps behind right, other and no help")
                make_base(self.train, self.config.base, self.client, self.frame, (base, self.folder / "base"))
            base = self.folder / "base"
        if self.config.helper is None:
            return base, base
        if not helper.exists():
            self.say(
                f"The helper: {self.config.helper.steps} supervised steps, {self.config.helper.noise:.0%} of others"
            )
            make_helper(self.train, self.config.helper, self.client, self.frame, (Path(source), helper))
        return base, helper

    def runs(self) -> list[tuple[str, int, Path]]:
        """Return reward, seed and folder of every run."""
        names = [(name, seed) for seed in range(self.config.seeds) for name in self.config.rewards]
        return [(name, seed, self.folder / f"{name}-{seed}") for name, seed in names]

    def _train(self, base: Path, helper: Path) -> None:
        def start(told: tuple[str, int, Path]) -> Process:
            name, seed, folder = told
            likelihood = self.config.likelihood(name)
            if likelihood.base is None and self.config.base is not None:
                likelihood = likelihood.model_copy(update={"base": base})
            changed = {
                "run": folder,
                "seed": self.train.seed + seed,
                "likelihood": likelihood,
                "model": self.train.model.model_copy(update={"path": str(helper)}),
            }
            return self._started(children, self.train.model_copy(update=changed))

        def ended(told: tuple[str, int, Path], returned: int) -> None:
            _, _, folder = told
            if returned:
                raise TrainerError(f"{folder.name} ended early; see {folder.with_suffix('.log')}")
            self.say(f"{folder.name} is trained")

        waiting = [told for told in self.runs() if not (told[2] / "final").exists()]
        with ChildProcesses() as children:
            children.some_at_a_time(self.jobs, waiting, start, ended)

    def _started(self, children: ChildProcesses, config: TrainConfig) -> Process:
        file = config.run.with_suffix(".yaml")
        file.write_text(dump_config(config), encoding="utf-8")
        command = [sys.executable, "-m", "trainer_client", "train", str(file)]
        if (config.run / "config.yaml").exists():
            server = f"server.url={config.server.url}"
            command = [*command[:-1], "--run", str(config.run), "--resume", "--set", server]
        return children.start(command, config.run.with_suffix(".log"))

    # -- what is asked in the end --------------------------------------------------------------------------------

    def _scoring(self, base: Path) -> LikelihoodScoring:
        likelihood = self.config.likelihood(next(iter(self.config.rewards)))
        scorer = Scorer(load_model(base), load_tokenizer(base), adapter_off=False)
        return LikelihoodScoring(likelihood, scorer, self.frame, self._how(0.0), client=self.client, rollouts=0)

    def _how(self, temperature: float) -> Decoding:
        told = self.train
        sampler = of_others(told.grpo.sampler)
        return Decoding(temperature, told.grpo.max_completion, told.eval.batch, told.seed, sampler=sampler)

    def _helper(self, model: Path) -> LocalModel:
        return LocalModel(self.client, load_model(model), load_tokenizer(model), self._how(1.0))

    def _arms(self, split: str, base: Path, helper: Path) -> list[Arm]:
        """Return every arm on problems of a split; gold help is known on train problems alone."""
        problems, gold = self._problems(split)
        bench = Bench(self.client, self.curriculum.reference, problems, self._scoring(base))
        helps = {UNTRAINED: [bench.helps(self._helper(helper), 0.0)]}
        for reward in self.config.rewards:
            runs = [run for name, _, run in self.runs() if name == reward]
            helps[f"trained: {reward}"] = [bench.helps(self._helper(run / "final"), 0.0) for run in runs]
        if any(gold):
            helps[GOLD] = [gold]
        arms = [bench.asked(NONE, [[""] * len(problems)])]
        for name, rounds in helps.items():
            arms.append(bench.asked(name, rounds))
            reward = name.removeprefix("trained: ")
            if reward != name:
                arms.append(bench.asked(f"shuffled: {reward}", list(map(bench.shuffled, rounds))))
            arms.append(bench.asked(f"alone: {reward}", rounds, alone=True))
        # As long as the untrained helper's: the same control whatever was trained.
        arms.append(bench.asked(RANDOM, [bench.noise(helps[UNTRAINED][0], self.train.seed)]))
        return arms

    def _problems(self, split: str) -> tuple[list[ProblemOut], list[str]]:
        """Return problems of all stages and, of train problems, which then reveal their answers, the gold help."""
        stages = [stage.name for stage in self.curriculum.stages]
        if split == "test":
            asked = Evaluator(self.client, self.curriculum.reference, self.train.curriculum.style)
            return [one for name in stages for one in asked.problems(name, "test", range(self.config.problems))], []
        found: list[ProblemOut] = []
        for name in stages:
            request = SampleRequest(
                curriculum=self.curriculum.reference,
                stage=name,
                seed=self.train.seed + PROMPT_ASKED,
                slots=[0],
                style=self.train.curriculum.style,
                reveal="worked",
            )
            problems = self.client.sample(request, range(self.config.problems))
            found += [one for one in problems if one.error is None]  # a small set has fewer
        gold = [thought(one, self.frame) for one in found]
        bare = [self.frame.bare + self.frame.answer_of(one.revealed or "") + self.frame.closing for one in found]
        return [one.model_copy(update={"revealed": text}) for one, text in zip(found, bare, strict=True)], gold

    def _agreement(self, base: Path, helper: Path) -> dict[str, Agreement]:
        """Return how each mode agrees with exact verification, on helps that are sampled."""
        problems, _ = self._problems("train")
        scoring = self._scoring(base)
        bench = Bench(self.client, self.curriculum.reference, problems, scoring)
        name, seed, last = self.runs()[-1]
        models = {UNTRAINED: helper, f"trained: {name}, seed {seed}": last / "final"}
        return {told: agreement(bench, self._sampled(bench, model)) for told, model in models.items()}

    def _sampled(self, bench: Bench, model: Path) -> Sequence[list[str]]:
        helper = self._helper(model)
        return [bench.helps(helper, 1.0, sample) for sample in range(self.config.samples)]
