"""Doing what is missing of a study: some runs at a time, each in a process of its own, none twice."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import fmean

import yaml

from trainer_client.child_processes import ChildProcesses, Process
from trainer_client.client import EnvClient
from trainer_client.comparison.findings import Arm, Findings
from trainer_client.comparison.one_run import Result, answered, local, read_result
from trainer_client.comparison.report import write_report
from trainer_client.comparison.study import Planned, Study, configured, only_layer, shared_settings
from trainer_client.config import TrainConfig, dump_config, load_config
from trainer_client.errors import BadRun
from trainer_client.server_process import running_server
from trainer_client.supervised.warmstart import warmstart
from trainer_client.train import start_model


class Comparison:
    """Runs what is missing of a study; what is done is never done again."""

    def __init__(self, study: Study, say: Callable[[str], None], jobs: int) -> None:
        self.study = study
        self.say = say
        self.jobs = jobs
        given = study.base.get("model", {}).get("path", "tiny")
        self.start = study.folder / "start" if given == "tiny" else Path(given)

    def run(self) -> dict[str, float]:
        """Do every run, and return the rate that each arm was reported at."""
        self.study.folder.mkdir(parents=True, exist_ok=True)
        self.check()
        self.say(self.budget())
        with self._server() as url:
            self._begin(url)
            self._ask_start(url)
            self._do(list(self.study.sweep), url)
            chosen = self.chosen()
            self._do([Planned(arm, "report", chosen[arm], seed) for arm in chosen for seed in self.study.seeds], url)
        write_report(self.study.folder, self.findings(chosen))
        return chosen

    def findings(self, chosen: Mapping[str, float]) -> Findings:
        """Return what a study whose runs are done has found."""
        study, results = self.study, self.results()
        base = json.loads((study.folder / "base.json").read_text(encoding="utf-8"))
        arms = [
            Arm(
                arm,
                rate,
                [results[Planned(arm, "report", rate, seed)] for seed in study.seeds],
                only_layer(configured(study, Planned(arm, "report", rate, 0), "tiny")),
            )
            for arm, rate in chosen.items()
        ]
        sweep = {
            arm: {
                f"{rate:g}": fmean(results[Planned(arm, "sweep", rate, seed)].success for seed in study.sweep_seeds)
                for rate in study.rates
                if len(study.rates) > 1
            }
            for arm in study.arms
        }
        title = f"{len(arms)} arms x {len(study.seeds)} seeds"
        return Findings(title, base["rates"], base["pass_at"], arms, study.reference, sweep)

    def check(self) -> None:
        """Raise `BadRun` where something was done with other settings than the study has now."""
        study = self.study
        for run in (*study.sweep, *study.reported):
            _same(study.folder / "runs" / f"{run.name}.yaml", configured(study, run, str(self.start)))
        own = shared_settings(configured(study, study.first, "tiny"))
        own["model"]["path"] = study.base.get("model", {}).get("path", "tiny")
        own |= {"temperatures": list(study.temperatures), "watch": study.watch}
        file = study.folder / "shared.yaml"
        if file.exists() and yaml.safe_load(file.read_text(encoding="utf-8")) != own:
            raise BadRun(f"{file} was made with other settings: give the study another folder")
        file.write_text(yaml.safe_dump(own), encoding="utf-8")

    def budget(self) -> str:
        """Say how much there is to do, and how long it takes by what is done."""
        study = self.study
        config = configured(study, study.first, "tiny")
        grpo = config.grpo
        sweep = len(list(study.sweep))
        report = len(study.arms) * len(study.seeds)
        done = [result for result in self.results().values() if result.seconds]
        completions = (sweep + report) * config.grpo.completions
        text = f"{sweep} runs to choose rates, {report} to report, of {grpo.steps} steps: {completions:,} completions"
        if not done:
            return f"{text}; how long that takes is said once a run has ended"
        left = sweep + report - len(done)
        mean = sum(result.seconds for result in done) / len(done)
        return f"{text}; {len(done)} done, about {left * mean / self.jobs / 60:.0f} min left with {self.jobs} at a time"

    def results(self) -> dict[Planned, Result]:
        """Return what is done."""
        study = self.study
        grid = [*study.sweep, *study.reported]
        found = {run: read_result(study.folder / "runs" / run.name) for run in grid}
        return {run: result for run, result in found.items() if result is not None}

    def chosen(self) -> dict[str, float]:
        """Return each arm's rate: the best mean greedy success on dev, the lower one where two are equal."""
        results = self.results()
        found = {}
        for arm in self.study.arms:
            if len(self.study.rates) == 1:
                found[arm] = self.study.rates[0]
                continue
            scores = {
                rate: sum(results[Planned(arm, "sweep", rate, seed)].success for seed in self.study.sweep_seeds)
                for rate in sorted(self.study.rates)
            }
            found[arm] = max(scores, key=lambda rate: scores[rate])
        return found

    @contextmanager
    def _server(self) -> Iterator[str]:
        own = "url" not in self.study.base.get("server", {})
        settings = running_server(self.study.folder / "server.log") if own else nullcontext("")
        with settings as address:
            yield address or str(self.study.base["server"]["url"])

    def _begin(self, url: str) -> None:
        """Make the weights that all arms start from, if they are not there yet."""
        first = configured(self.study, self.study.first, "tiny")
        if self.start != self.study.folder / "start" or self.start.exists():
            return
        config = first.model_copy(update={"server": first.server.model_copy(update={"url": url})})
        self.say(f"Warm start: {config.warmstart.steps} steps, {config.warmstart.noise:.0%} wrong")
        with EnvClient(url, config.server.deadline_s) as client:
            warmstart(config, client, start_model(config, self.study.folder), self.start)

    def _ask_start(self, url: str) -> None:
        """Answer the test problems with the untrained model, at every temperature."""
        file = self.study.folder / "base.json"
        if file.exists():
            return
        config = configured(
            self.study, Planned(self.study.reference, "report", self.study.rates[0], 0), str(self.start)
        )
        temperatures = [0.0, 1.0, *self.study.temperatures]
        with EnvClient(url, config.server.deadline_s) as client:
            rates, pass_at = answered(config, client, local(config, client, self.start), "test", temperatures)
        new = file.with_name(f"{file.name}.new")
        new.write_text(json.dumps({"rates": rates, "pass_at": pass_at}), encoding="utf-8")
        new.replace(file)

    def _do(self, runs: list[Planned], url: str) -> None:
        """Do what is missing, some at a time; raises `BadRun` at the end where runs failed."""
        waiting = [run for run in runs if read_result(self.study.folder / "runs" / run.name) is None]
        left, failed = len(waiting), list[str]()

        def ended(run: Planned, returned: int) -> None:
            nonlocal left
            left -= 1
            if returned:
                failed.append(run.name)
            self.say(f"{run.name}: {self._told(run)}; {left} left of this phase")

        with ChildProcesses() as children:
            children.some_at_a_time(self.jobs, waiting, lambda run: self._started(children, run, url), ended)
        if failed:
            raise BadRun(f"{len(failed)} runs failed, see {self.study.folder}/runs/*/*.log: {', '.join(failed[:5])}")

    def _told(self, run: Planned) -> str:
        result = read_result(self.study.folder / "runs" / run.name)
        if result is None:
            return "failed"
        return f"collapsed ({result.collapsed})" if result.collapsed else f"greedy {result.success:.3f}"

    def _started(self, children: ChildProcesses, run: Planned, url: str) -> Process:
        """Start one run; it goes on where it was killed."""
        config = configured(self.study, run, str(self.start))
        config = config.model_copy(update={"server": config.server.model_copy(update={"url": url})})
        config.run.mkdir(parents=True, exist_ok=True)
        file = config.run.with_name(f"{config.run.name}.yaml")
        _same(file, config)
        file.write_text(dump_config(config), encoding="utf-8")
        command = [sys.executable, "-m", "trainer_client.comparison.one_run"]
        words = [*command, str(file), run.phase, str(self.study.watch)]
        return children.start(words, config.run.with_name(f"{config.run.name}.log"))


def _same(file: Path, config: TrainConfig) -> None:
    """Raise `BadRun` where the run was begun with other settings than the study has now."""
    if not file.exists():
        return
    before, now = load_config(file).model_dump(), config.model_dump()
    changed = [key for key in now if key != "server" and before[key] != now[key]]
    if changed:
        raise BadRun(f"{file} was made with other settings ({', '.join(changed)}): give the study another folder")
