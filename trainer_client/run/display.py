"""The live display: a table per run, drawn from its logs; plain lines where nobody watches a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from transformers import TrainerCallback

from envserver.story import Story, smoothed
from trainer_client.grpo.profile import SHOWN
from trainer_client.run.story import read_story

_PLAIN_EVERY = 10


class Display:
    """Shows runs while they go on; `refresh` reads their logs again."""

    def __init__(self, folders: Sequence[Path], console: Console | None = None) -> None:
        self.folders = list(folders)
        self.console = console or Console()
        self._live: Live | None = None
        self._said: dict[Path, int] = {}
        self._alarms: dict[Path, int] = {}

    @contextmanager
    def running(self) -> Iterator["Display"]:
        """Draw on a terminal until the block ends; elsewhere print a line now and then."""
        if not self.console.is_terminal:
            yield self
            return
        with Live(console=self.console, refresh_per_second=4) as self._live:
            yield self
        self._live = None

    def refresh(self) -> None:
        """Draw or print what is new."""
        for folder in self.folders:
            if not (folder / "config.yaml").exists():
                continue
            if self._live is None:
                self._say(folder)
        if self._live is not None:
            known = [folder for folder in self.folders if (folder / "config.yaml").exists()]
            self._live.update(Group(*(_panel(read_story(folder)) for folder in known)))

    def _say(self, folder: Path) -> None:
        story = read_story(folder)
        before = self._said.get(folder, 0)
        for look in story.promoted:
            if before < look.step <= story.steps:
                self.console.print(f"{story.name}: step {look.step}: {look.stage} promoted, {look.reason}")
        for says in [says for _, says in story.alarms][self._alarms.get(folder, 0) :]:
            self.console.print(f"{story.name}: alarm: {says}", style="red")
        self._alarms[folder] = len(story.alarms)
        if story.steps // _PLAIN_EVERY > before // _PLAIN_EVERY:
            now = ", ".join(f"{stage} {points[-1][1]:.2f}" for stage, points in story.training.items())
            self.console.print(f"{story.name}: step {story.steps}/{story.total_steps}: {now}")
            if story.pace:
                self.console.print(f"{story.name}: {story.pace.get('step', 0.0):.2f} s a step: {pace_line(story.pace)}")
        self._said[folder] = story.steps


class DisplayCallback(TrainerCallback):
    """Refreshes a display when the trainer has logged, in at most a twentieth of the time: it reads the whole log."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self._not_before = 0.0

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        started = monotonic()
        if state.is_world_process_zero and started >= self._not_before:
            self.display.refresh()
            self._not_before = monotonic() + 20 * (monotonic() - started)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            self.display.refresh()


def _panel(story: Story) -> Group:
    head = Table.grid(padding=(0, 2))
    pace = story.seconds / story.steps if story.steps else 0.0
    head.add_row(
        Text(story.name, style="bold"),
        ProgressBar(total=story.total_steps, completed=story.steps, width=30),
        Text(f"step {story.steps}/{story.total_steps}, {story.samples} samples, {pace:.2f} s a step"),
    )
    table = Table("stage", "training", "status", "last looks", box=None, padding=(0, 2))
    turned = {look.stage: look for look in story.looks if look.promoted or look.demoted}
    for stage, points in story.training.items():
        looks = [look for look in story.looks if look.stage == stage]
        shown = " ".join(f"{look.successes}/{look.trials}" for look in looks[-5:])
        last = turned.get(stage)
        status = (
            f"{'promoted' if last.promoted else 'lost'} at step {last.step}" if last else "looking" if looks else ""
        )
        style = "red" if last and last.demoted else "green"
        table.add_row(stage, f"{smoothed(points)[-1][1]:.2f}", Text(status, style=style), shown)
    if story.pace:
        table.caption = pace_line(story.pace)
    alarms = [Text(f"alarm: {says}", style="red") for _, says in story.alarms[-2:]]
    return Group(head, table, *alarms, Text())


def pace_line(pace: Mapping[str, float]) -> str:
    """Return where the seconds of a step go, the largest first, in a line."""
    parts = {name: pace.get(name, 0.0) for name in SHOWN}
    step = pace.get("step") or 1.0
    shares = sorted(parts.items(), key=lambda part: -part[1])
    told = ", ".join(f"{name} {seconds / step:.0%}" for name, seconds in shares if seconds >= 0.005 * step)
    return f"{told} | {pace['tokens_per_second']:,.0f} tokens/s | {pace['peak_bytes'] / 2**20:,.0f} MiB"
