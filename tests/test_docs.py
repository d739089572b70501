"""What the docs tell to type is typed: blocks marked `executed` run as they stand, with the environment made before."""

import json
import os
import re
import subprocess
import sys
from math import log
from pathlib import Path

import yaml

from curricula.rewards.measures import MEASURES
from curricula.rewards.presets import PRESETS
from curricula.rewards.reward import Reward
from envserver.settings import Settings
from generators.signs.signs import SIGNS
from tests.generators.signs.gamed import GAMED
from tests.generators.signs.honest import HONEST
from tests.generators.signs.test_signs import worked
from trainer_client.grpo.divergences import FULL, SAMPLED
from trainer_client.likelihood.modes import MODES, Likelihood
from trainer_client.reward_config import LikelihoodConfig
from trainer_client.server_process import free_port
from trainer_client.watching.group_signs import GROUP_SIGNS

ROOT = Path(__file__).parent.parent
DATA = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
# Making an environment and installing into it is what a checkout's own `make test` has just done.
INSTALLED = ("python3.11 -m venv", ".venv/bin/pip install")


def _commands(block: str) -> list[str]:
    """Split a block into commands; a here-document belongs to the one before it."""
    return [
        found.strip()
        for found in re.findall(r"(?:^[^\n]*<<'YAML'\n.*?^YAML$|^[^\n]+)", block, re.DOTALL | re.MULTILINE)
    ]


def test_from_install_to_a_trained_adapter_on_ones_own_file(tmp_path: Path) -> None:
    [block] = re.findall(r"^```sh executed\n(.*?)^```$", DATA, re.DOTALL | re.MULTILINE)
    commands = _commands(block)
    assert len(commands) <= 10
    assert [command.startswith(INSTALLED) for command in commands[:2]] == [True, True]
    rows = [{"question": f"What is {a} plus {b}?", "answer": a + b} for a in range(30) for b in range(30)]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    script = "\n".join(commands[2:]).replace("8765", str(free_port()))
    script = script.replace("$PWD/.venv/bin", str(Path(sys.executable).parent))
    environment = {**os.environ, "ECHELON_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-e", "-c", f"trap 'kill %1' EXIT\n{script}"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert (tmp_path / "runs" / "mine" / "final" / "adapter_model.safetensors").exists()
    assert re.search(r"Minus warm, on the same problems:.*all +\| [+-]0\.\d\d \[", done.stdout, re.DOTALL)


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        for target, _, place in re.findall(r"\]\(([^)#:]*)(#([^)]+))?\)", page.read_text(encoding="utf-8")):
            there = page.parent / target if target else page
            assert there.exists(), (page.name, target)
            if place:
                heads = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
                named = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
                assert place in named, (page.name, target, place)


REWARDS = (ROOT / "docs" / "rewards.md").read_text(encoding="utf-8")


def test_every_component_preset_flag_mode_and_divergence_is_explained() -> None:
    names = [*MEASURES, *PRESETS, *SIGNS, *GROUP_SIGNS, *MODES, "rank", *SAMPLED, *FULL]
    assert not [name for name in names if f"`{name}`" not in REWARDS]


def test_the_rewards_that_are_shown_are_rewards() -> None:
    shown = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", REWARDS, re.DOTALL | re.MULTILINE)]
    assert len([Reward.model_validate(one["reward"]) for one in shown if "reward" in one]) >= 3
    assert [LikelihoodConfig.model_validate(one["likelihood"]) for one in shown if "likelihood" in one]


def test_the_example_of_the_likelihood_modes_is_right() -> None:
    without, given = Likelihood((log(0.1), log(0.4))), Likelihood((log(0.5), log(0.8)))
    [told] = re.findall(
        r"`relative` ([\d.]+), `absolute` ([\d.]+), `both` ([\d.]+), `delta` ([\d.]+), `meanprob` ([\d.]+)\.", REWARDS
    )
    found = [MODES[name](without, given, 0.0) for name in ("relative", "absolute", "both", "delta", "meanprob")]
    assert [f"{value:.{len(text.partition('.')[2])}f}" for value, text in zip(found, told, strict=True)] == list(told)


def test_the_numbers_of_gamed_and_honest_completions_are_those_of_the_tests() -> None:
    gamed, honest = re.findall(r"Of (\d+) gamed completions.*?of (\d+) honest ones", REWARDS, re.DOTALL)[0]
    assert int(gamed) == len(GAMED)
    assert int(honest) == len([*worked(), *HONEST])


def _python(page: str) -> str:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


def test_the_family_of_thirty_lines_is_the_one_that_is_shown() -> None:
    example = (ROOT / "examples" / "own_family" / "common_divisor.py").read_text(encoding="utf-8")
    assert _python("own-family.md") == example


def test_every_setting_of_the_server_is_explained() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    assert not [name for name in Settings.model_fields if f"ECHELON_{name.upper()}" not in pages]
