"""What is loaded is what was saved: the base of an adapter is found, and nothing is rounded away."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model

from trainer_client.errors import BadConfig
from trainer_client.loading import models
from trainer_client.loading.models import load_model, load_tokenizer, merge_adapter
from trainer_client.loading.tiny import write_tiny


@pytest.fixture
def adapted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run's folder: a base, and an adapter that names it by a path that is relative to where it was started."""
    monkeypatch.chdir(tmp_path)
    run = Path("run")
    run.mkdir()
    write_tiny(run / "tiny", 16, 1, seed=0)
    torch.manual_seed(0)
    model = get_peft_model(load_model(run / "tiny"), LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM"))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=1e-3)
    model.save_pretrained(str(run / "final"))
    load_tokenizer(run / "tiny").save_pretrained(run / "final")
    return tmp_path / "run"


def test_a_run_that_was_moved_still_finds_the_base_of_its_adapter(
    adapted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = load_model(adapted / "final").state_dict()
    moved = Path(shutil.move(adapted, tmp_path / "elsewhere"))
    monkeypatch.chdir("/")
    here = load_model(moved / "final").state_dict()
    assert all(torch.equal(there[name], here[name]) for name in there)


def test_a_base_that_is_nowhere_is_said_before_the_hub_is_asked(adapted: Path) -> None:
    """A run writes where its base is from the root: what is not there is no name of the hub."""
    file = adapted / "final" / "adapter_config.json"
    told = json.loads(file.read_text())
    file.write_text(json.dumps({**told, "base_model_name_or_path": "/nowhere/base"}))
    with pytest.raises(BadConfig, match="there is no model /nowhere/base"):
        load_model(adapted / "final")


def test_merging_rounds_nothing_away(adapted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on CUDA, where models that are only asked are in bfloat16."""
    monkeypatch.setattr(models, "dtype", lambda: torch.bfloat16)
    merge_adapter(adapted / "final", tmp_path / "merged")
    monkeypatch.undo()
    base = load_model(adapted / "tiny").state_dict()
    merged = load_model(tmp_path / "merged").state_dict()
    name = "model.layers.0.self_attn.q_proj.weight"
    assert merged[name].dtype == torch.float32
    assert (merged[name] != base[name]).float().mean() > 0.99
