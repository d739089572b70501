"""The story of a run, read from its folder."""

from pathlib import Path

from envserver.story import Logs, Story, told
from trainer_client.run.run_folder import RunFolder


def read_story(folder: Path) -> Story:
    """Read the logs of a run, which may still be going on."""
    run = RunFolder(folder)
    logs = Logs(*(run.read(f"{name}.jsonl") for name in ("metrics", "decisions", "alarms", "probes")))
    return told(folder.name, logs, run.config().grpo.steps, run.curriculum)
