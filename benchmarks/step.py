"""The share of a training step spent in environment calls: 128 completions x 48 tokens, hidden 128, 4 layers."""

from pathlib import Path

from trainer_client.client import EnvClient
from trainer_client.config import load_config
from trainer_client.loading.models import prepare_libraries
from trainer_client.run.run_folder import RunFolder
from trainer_client.server_process import running_server
from trainer_client.train import train

_SETTINGS = ("model.hidden=128", "model.layers=4", "grpo.prompts=16", "grpo.samples=8", "grpo.max_completion=48")


def bench_step(folder: Path, steps: int) -> list[tuple[str, str]]:
    """Return rows of (what, figure); the first step, which builds caches, is left out."""
    prepare_libraries()
    with running_server(folder / "step-server.log") as url:
        overrides = [f"server.url={url}", f"run={folder / 'step'}", "curriculum.style=bare", f"grpo.steps={steps}"]
        config = load_config(None, [*_SETTINGS, *overrides])
        with EnvClient(url) as client:
            train(config, client)
    rows = RunFolder(folder / "step").read("metrics.jsonl")[1:]
    total = sum(row["step_time"] for row in rows)
    environment = sum(row["seconds/environment"] for row in rows)
    return [
        ("one step, 128 completions x 48 tokens, hidden 128, 4 layers", f"{total / len(rows):.2f} s"),
        ("of it in environment calls", f"{environment / len(rows) * 1e3:.1f} ms = {environment / total:.2%}"),
    ]
