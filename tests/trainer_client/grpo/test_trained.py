"""Strategies on a real model: what they declare is what changes, is remembered and resumes; the KL begins at 0."""

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from safetensors.torch import load_file

from tests.trainer_client.processes import ended_well, rank_reports
from trainer_client.answers.decoding import Decoding, complete
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig
from trainer_client.grpo.echelon_trainer import EchelonTrainer
from trainer_client.grpo.profile import SHOWN
from trainer_client.grpo.trained import Trained
from trainer_client.loading.anatomy import anatomy_of, parts_of
from trainer_client.loading.models import load_model, load_tokenizer, mixed_precision
from trainer_client.run.run_folder import RunFolder
from trainer_client.strategies import Strategy
from trainer_client.supervised.warmstart import warmstart
from trainer_client.train import start_model, train

LORA = {"rank": 2, "alpha": 4}
ALL: dict[str, dict[str, Any]] = {
    "full": {"kind": "full"},
    "lora": {"kind": "lora", **LORA},
    "lora_last": {"kind": "lora", "layers": {"last": 1}, **LORA},
    "dora": {"kind": "lora", "dora": True, "rslora": True, **LORA},
    "tinylora": {"kind": "tinylora", "numbers": 4},
    "first": {"kind": "layers", "layers": {"first": 1}},
    "middle_and_norm": {"kind": "layers", "layers": {"middle": 2}, "parts": ["norm"]},
    "embeddings": {"kind": "layers", "parts": ["embeddings"]},
    "layerwise": {"kind": "layerwise"},
    "layerwise_lora": {"kind": "layerwise", "lora": LORA},
    "autofreeze": {"kind": "autofreeze", "every": 1},
    "freezeout": {"kind": "freezeout", "t0": 0.3},
    "slimfit": {"kind": "slimfit"},
    "lisa": {"kind": "lisa", "count": 1, "every": 1},
    "layer_drop": {"kind": "layer_drop"},
    "auto_rgn": {"kind": "auto_rgn", "every": 2},
    "auto_snr": {"kind": "auto_snr", "every": 1, "lora": LORA},
    "progressive": {"kind": "progressive"},
    "gaussian": {"kind": "gaussian"},
    "gaussian_lora": {"kind": "gaussian", "lora": LORA, "reverse": True},
}
STEPS = 6


@pytest.fixture(scope="module")
def deep(config: TrainConfig, env: EnvClient, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of four layers that answers in numbers, now and then."""
    folder = tmp_path_factory.mktemp("deep")
    model = config.model.model_copy(update={"hidden": 16, "layers": 4})
    start = config.model_copy(
        update={"model": model, "warmstart": config.warmstart.model_copy(update={"steps": 60, "batch": 32})}
    )
    warmstart(start, env, start_model(start, folder), folder / "warm")
    return folder / "warm"


def of(settings: TrainConfig, deep: Path, strategy: dict[str, Any], run: Path, **grpo: Any) -> TrainConfig:
    schedule = {"schedule": "constant_with_warmup", "steps": STEPS, "save_every": 3, "learning_rate": 1e-3}
    return settings.model_copy(
        update={
            "run": run,
            "curriculum": settings.curriculum.model_copy(update={"name": "forms"}),
            "model": settings.model.model_copy(update={"path": str(deep)}),
            "strategy": TypeAdapter(Strategy).validate_python(strategy),
            "grpo": settings.grpo.model_copy(update={**schedule, **grpo}),
        }
    )


def digests(model: torch.nn.Module) -> dict[str, str]:
    """Return a hash of every weight."""
    return {name: sha256(weight.detach().numpy().tobytes()).hexdigest() for name, weight in model.named_parameters()}


def changed(trainer: EchelonTrainer, before: dict[str, str]) -> set[str]:
    """Return the parts of which a weight is another than before; of adapters those that have left their start."""
    parts = parts_of(trainer.model)
    after = digests(trainer.model)
    plain = {name: name.removeprefix("base_model.model.").replace(".base_layer", "") for name in after}
    moved = {name for name in after if plain[name] in before and after[name] != before[plain[name]]}
    started_at_zero = ("lora_B", "tinylora_v")
    moved |= {
        name
        for name, weight in trainer.model.named_parameters()
        if any(mark in name for mark in started_at_zero) and weight.any()
    }
    return {parts[name] for name in moved}


def declared(trainer: EchelonTrainer) -> set[str]:
    """Return the parts that the strategy said would train, from its log or once and for all."""
    rows = trainer.folder.read("strategy.jsonl")
    return {part for row in rows for part, rate in row["rates"].items() if rate} or set(trainer.trained.rates)


@pytest.mark.parametrize("name", ALL)
def test_exactly_what_is_declared_changes_and_a_resume_is_exact(
    name: str, settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path
) -> None:
    before = digests(load_model(deep))
    config = of(settings, deep, ALL[name], tmp_path / "whole")
    trainer = train(config, env)
    assert changed(trainer, before) == declared(trainer)
    _check_optimizer(trainer)
    again = tmp_path / "again"
    shutil.copytree(tmp_path / "whole", again)
    shutil.rmtree(again / "final")
    shutil.rmtree(again / "checkpoints" / f"checkpoint-{STEPS}")
    resumed = train(config.model_copy(update={"run": again}), env, resume=True)
    assert digests(resumed.model) == digests(trainer.model)
    assert resumed.trained.memory == trainer.trained.memory
    assert (again / "strategy.jsonl").exists() == (tmp_path / "whole" / "strategy.jsonl").exists()
    if (again / "strategy.jsonl").exists():
        assert (again / "strategy.jsonl").read_text() == (tmp_path / "whole" / "strategy.jsonl").read_text()


def _check_optimizer(trainer: EchelonTrainer) -> None:
    """Moments exist only for what trains, or has trained where it may come back."""
    optimizer: Any = trainer.optimizer
    plan, parts = trainer.trained.plan, trainer.trained.parts
    part_of = {id(weight): part for part, weights in parts.items() for weight in weights}
    held = {part_of[id(weight)] for weight, state in optimizer.state.items() if state}
    assert held == (set(trainer.trained.rates) if plan.forgets else declared(trainer))
    cost = json.loads((trainer.folder.path / "cost.json").read_text())
    live = sum(weight.numel() for part in held for weight in parts[part])
    assert cost["optimizer_bytes"] >= 8 * live  # two moments; what was forgotten since counts as well
    tensors = sum(map(len, parts.values()))
    assert (
        cost["optimizer_bytes"] <= 8 * (cost["trained"] if not plan.forgets else cost["trained_at_once"]) + 8 * tensors
    )
    assert live <= cost["trained_at_once"] <= cost["trained"] or not plan.forgets
    assert cost["trained"] == sum(weight.numel() for weights in parts.values() for weight in weights)
    assert set(cost["seconds"]) == {"step", "hidden", *SHOWN}
    assert all(seconds >= 0 for seconds in cost["seconds"].values())
    assert cost["seconds"]["step"] == pytest.approx(sum(cost["seconds"][name] for name in SHOWN), abs=1e-3)


@pytest.mark.parametrize("name", [name for name in ALL if name != "layer_drop"])
def test_the_kl_begins_at_0_and_freezing_holds_beside_it(
    name: str, settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path
) -> None:
    before = digests(load_model(deep))
    trainer = train(of(settings, deep, ALL[name], tmp_path / "run", beta=0.1, steps=3, save_every=3), env)
    rows = trainer.folder.read("metrics.jsonl")
    assert rows[0]["kl"] == 0
    assert rows[2]["kl"] > 0
    assert changed(trainer, before) == declared(trainer)


def test_the_final_model_is_the_trained_one(settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path) -> None:
    trainer = train(of(settings, deep, ALL["gaussian"], tmp_path / "run"), env)
    saved = load_file(tmp_path / "run" / "final" / "model.safetensors")
    assert all(torch.equal(weight, trainer.model.state_dict()[name]) for name, weight in saved.items())


@pytest.mark.parametrize(
    ("strategy", "grpo", "said"),
    [
        ({"kind": "lora", "init": "pissa"}, {"beta": 0.1}, "largest directions"),
        ({"kind": "gaussian", "lora": {"init": "olora"}}, {"beta": 0.1}, "largest directions"),
        ({"kind": "layer_drop"}, {"beta": 0.1}, "leaves layers out"),
        ({"kind": "layer_drop"}, {"iterations": 2, "save_every": 2}, "leaves layers out"),
        ({"kind": "freezeout"}, {"schedule": "cosine"}, "fall twice"),
        ({"kind": "lora", "four_bit": True}, {}, "CUDA"),
        ({"kind": "full"}, {"iterations": 2, "save_every": 3}, "multiple of iterations"),
        ({"kind": "layers", "layers": [7]}, {}, "no layer 7"),
        ({"kind": "layers", "parts": ["head"]}, {}, "its embeddings"),
    ],
)
def test_what_would_falsify_a_run_is_refused_and_leaves_none(
    strategy: Any, grpo: Any, said: str, settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadConfig, match=said):
        train(of(settings, deep, strategy, tmp_path / "run", **grpo), env)
    assert not (tmp_path / "run" / "config.yaml").exists()


@pytest.mark.parametrize("strategy", [{"kind": "layers", "layers": {"last": 1}}, ALL["lora"], ALL["lora_last"]])
def test_checkpointing_takes_no_backward_pass_through_a_frozen_trunk(
    strategy: dict[str, Any], settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path
) -> None:
    """The same weights with and without it; nothing asks the embeddings' output for a gradient."""
    finals = []
    for checkpointing in (False, True):
        run = tmp_path / f"run{checkpointing}"
        config = of(settings, deep, strategy, run, steps=2, checkpointing=checkpointing)
        trainer = train(config, env)
        finals.append(digests(trainer.model))
        hooks = trainer.model.get_input_embeddings()._forward_hooks
        assert not hooks
    assert "take no backward pass" in (run / "summary.md").read_text()
    assert finals[0] == finals[1]


def test_attention_dropout_is_switched_off_and_said(
    settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path
) -> None:
    dropping = tmp_path / "dropping"
    shutil.copytree(deep, dropping)
    config = json.loads((dropping / "config.json").read_text())
    (dropping / "config.json").write_text(json.dumps({**config, "attention_dropout": 0.5}))
    trainer = train(of(settings, dropping, ALL["full"], tmp_path / "run", steps=2), env)
    plain = train(of(settings, deep, ALL["full"], tmp_path / "plain", steps=2), env)
    assert digests(trainer.model) == digests(plain.model)
    assert "dropout is off in 4 places" in (tmp_path / "run" / "summary.md").read_text()


def test_the_anatomy_of_a_model(deep: Path) -> None:
    model = load_model(deep)
    found = anatomy_of(model)
    assert (found.layers, found.tied) == (4, True)
    assert all(len(found.linears[block]) == 7 for block in found.blocks)
    assert found.linears["layer 1"][0] == "model.layers.1.self_attn.q_proj"
    assert set(parts_of(model).values()) == set(found.parts)


@pytest.mark.parametrize("strategy", [{"kind": "lisa", "count": 1, "every": 1}, {"kind": "layer_drop", "keep": 0.3}])
def test_two_ranks_agree_where_not_every_weight_has_a_gradient(
    strategy: dict[str, Any], settings: TrainConfig, deep: Path, tmp_path: Path
) -> None:
    """Layers are frozen on the way, or left out; both ranks end with the same weights, which one of them writes."""
    config = of(settings, deep, strategy, tmp_path / "run", steps=4, save_every=2)
    ended_well(config)
    one, two = rank_reports(config)
    assert one == two
    rows = [row for row in RunFolder(config.run).read("metrics.jsonl") if "loss" in row]
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    before, after = load_file(deep / "model.safetensors"), load_file(config.run / "final" / "model.safetensors")
    assert any(not torch.equal(before[name], weight) for name, weight in after.items())


def test_frozen_weights_in_bfloat16_beside_trained_ones_in_float32(
    deep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on CUDA: what trains is kept in float32, the rest is not, and both generation and the loss go through."""
    monkeypatch.setattr("trainer_client.loading.models.dtype", lambda: torch.bfloat16)
    load_model(deep).to(torch.bfloat16).save_pretrained(tmp_path)
    model = load_model(tmp_path)
    trained = Trained(TypeAdapter(Strategy).validate_python({"kind": "layers", "layers": {"last": 1}}), model)
    parts = parts_of(model)
    assert {parts[n] for n, w in model.named_parameters() if w.dtype == torch.float32} == {"layer 3"}
    assert trained.count == sum(w.numel() for n, w in model.named_parameters() if parts[n] == "layer 3")
    tokenizer = load_tokenizer(deep)
    found = complete(model, tokenizer, ["3/4=", "[[1, 5], [0, 1]]="], Decoding(0.0, 8))
    assert all(one.length for one in found)
    ids = torch.tensor([tokenizer("3/4=4/3")["input_ids"]])
    with mixed_precision(model):
        loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    assert {parts[n] for n, w in model.named_parameters() if w.grad is not None} == {"layer 3"}
    assert all(w.grad.dtype == torch.float32 for w in model.parameters() if w.grad is not None)
    model.save_pretrained(tmp_path / "final")
    again = load_model(tmp_path / "final")  # as it was trained: rounded to bfloat16 it would be another model
    assert all(torch.equal(w.float(), again.state_dict()[n]) for n, w in model.state_dict().items())
