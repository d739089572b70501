"""A trunk that is computed once changes nothing but the time: weights bit for bit; where it cannot be, it says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from transformers import AutoModelForCausalLM, BloomConfig, GPT2Config, GPTJConfig, Qwen3MoeConfig

from tests.trainer_client.grpo.test_trained import ALL, digests, of
from tests.trainer_client.sampling.shapes import adapted, made
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig, SeamBroken
from trainer_client.grpo.echelon_trainer import EchelonTrainer
from trainer_client.grpo.reference import Reference
from trainer_client.grpo.trunk import TrunkCache, no_trunk, trunk_depth
from trainer_client.loading.anatomy import anatomy_of, blocks_of, parts_of
from trainer_client.strategies import Strategy
from trainer_client.strategies.plan import Plan
from trainer_client.supervised.warmstart import warmstart
from trainer_client.train import start_model, train

UPPER: dict[str, dict[str, Any]] = {
    "lora": {"kind": "lora", "rank": 4, "alpha": 8, "layers": {"last": 2}},
    "dora": {"kind": "lora", "rank": 4, "dora": True, "layers": {"last": 1}},
    "layers": {"kind": "layers", "layers": {"last": 2}, "parts": ["norm"]},
}


@pytest.fixture(scope="module")
def deep(config: TrainConfig, env: EnvClient, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of four layers that answers in numbers, now and then."""
    folder = tmp_path_factory.mktemp("deep")
    model = config.model.model_copy(update={"hidden": 16, "layers": 4})
    update = {"model": model, "warmstart": config.warmstart.model_copy(update={"steps": 60, "batch": 32})}
    start = config.model_copy(update=update)
    warmstart(start, env, start_model(start, folder), folder / "warm")
    return folder / "warm"


SHARED = [
    ("lora", {"beta": 0.05, "iterations": 1}),
    ("lora", {"beta": 0.05, "iterations": 3, "micro_batch": 8}),
    ("lora", {"beta": 0.05, "iterations": 3, "divergence": "js"}),
    ("layers", {"beta": 0.0, "iterations": 3}),
    ("layers", {"beta": 0.05, "iterations": 3, "divergence": "k2", "checkpointing": True}),
    ("dora", {"beta": 0.05, "iterations": 3}),
    ("layers", {"beta": 0.05, "iterations": 3, "alike": "drop"}),
]


@pytest.mark.parametrize(("name", "grpo"), SHARED)
def test_on_and_off_give_the_same_weights_bit_for_bit(
    name: str, grpo: dict[str, Any], settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path
) -> None:
    found = []
    for cached in (True, False):
        run = of(settings, deep, UPPER[name], tmp_path / str(cached), trunk_cache=cached, **grpo)
        trainer = train(run, env)
        found.append(digests(trainer.model))
        assert bool(trainer.trunk.repeated) is cached
    assert found[0] == found[1]
    start = of(settings, deep, UPPER[name], tmp_path / "one", steps=3, trunk_cache=False, **grpo)
    assert digests(train(start, env).model) != found[0], "a run that changes nothing would show nothing"


def test_the_old_policy_is_the_first_update_s(
    settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every ratio is exactly 1 at the first of several updates, and no longer at the next."""
    ratios: list[list[float]] = []
    real = EchelonTrainer._compute_loss

    def loss(self: EchelonTrainer, model: Any, inputs: dict[str, Any]) -> Any:
        found = real(self, model, inputs)
        current = self.current.detach()
        old = inputs.get("old_per_token_logps", current)
        ratios.append([float(((current - old) * inputs["completion_mask"]).abs().max())])
        return found

    monkeypatch.setattr(EchelonTrainer, "_compute_loss", loss)
    train(of(settings, deep, UPPER["layers"], tmp_path / "run", iterations=3, learning_rate=1e-2), env)
    firsts, nexts = ratios[0::3], ratios[1::3]
    assert all(apart == [0.0] for apart in firsts)
    assert any(apart > [0.0] for apart in nexts)


def test_a_trunk_that_lies_is_found_out_before_anything_is_trained(
    settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: what is repeated is a little off."""

    @contextmanager
    def lying(self: TrunkCache, held: Any) -> Iterator[None]:
        with real(self, held):
            yield
            for number in held:
                held[number] = held[number] * 1.0001

    real = TrunkCache.of
    monkeypatch.setattr(TrunkCache, "of", lying)
    run = of(settings, deep, UPPER["lora"], tmp_path / "run", beta=0.0, iterations=3, learning_rate=1e-9)
    with pytest.raises(SeamBroken, match="trunk_cache=false"):
        train(run, env)
    assert not list((tmp_path / "run").glob("checkpoints/*/COMPLETE"))


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("lora_last", "middle_and_norm")])
def test_where_there_is_no_trunk_it_is_refused(
    name: str, settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path
) -> None:
    strategy: Plan = TypeAdapter(Strategy).validate_python(ALL[name])
    assert trunk_depth(strategy, anatomy_of(made("tiny"))) == 0
    run = of(settings, deep, ALL[name], tmp_path / "run", trunk_cache=True)
    with pytest.raises(BadConfig, match=r"grpo\.trunk_cache: strategy"):
        train(run, env)


def test_how_deep_a_trunk_is() -> None:
    anatomy = anatomy_of(made("qwen2"))  # three layers, a head of its own

    def depth(strategy: dict[str, Any]) -> int:
        return trunk_depth(TypeAdapter(Strategy).validate_python(strategy), anatomy)

    assert depth({"kind": "layers", "layers": [1]}) == 1
    assert depth({"kind": "layers", "layers": [0, 2]}) == 0
    assert depth({"kind": "lora", "layers": {"last": 1}}) == 2
    assert depth({"kind": "layers", "parts": ["norm"]}) == 3
    assert depth({"kind": "layers", "parts": ["head"]}) == 3
    assert depth({"kind": "layers", "layers": {"last": 1}, "parts": ["embeddings"]}) == 0


def test_models_whose_upper_layers_need_more_than_what_leaves_the_lower_ones() -> None:
    plan: Plan = TypeAdapter(Strategy).validate_python({"kind": "layers", "layers": {"last": 1}})
    model = made("qwen2")
    assert no_trunk(plan, model) == ""
    model.config.num_kv_shared_layers = 1
    assert "keys and values" in no_trunk(plan, model)
    small: dict[str, Any] = {"vocab_size": 99, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    experts = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "num_key_value_heads": 2}
    balanced = AutoModelForCausalLM.from_config(Qwen3MoeConfig(**small, **experts, head_dim=8))
    assert "experts" in no_trunk(plan, balanced)
    tuples = AutoModelForCausalLM.from_config(GPTJConfig(vocab_size=99, n_embd=16, n_layer=2, n_head=2, rotary_dim=4))
    assert "more than one tensor" in no_trunk(plan, tuples)


def test_what_lies_below_the_layers_is_no_norm_at_the_top() -> None:
    """Learned positions train with the embeddings; a norm of the embeddings is a norm, and leaves no trunk."""
    norm: Plan = TypeAdapter(Strategy).validate_python({"kind": "layers", "layers": {"last": 1}, "parts": ["norm"]})
    positions = AutoModelForCausalLM.from_config(GPT2Config(vocab_size=99, n_embd=16, n_layer=2, n_head=2))
    assert parts_of(positions)["transformer.wpe.weight"] == "embeddings"
    assert no_trunk(norm, positions) == ""
    lower = AutoModelForCausalLM.from_config(BloomConfig(vocab_size=99, hidden_size=16, n_layer=2, n_head=2))
    assert "below the layers" in no_trunk(norm, lower)


@pytest.mark.parametrize("kind", ["weights", "lora"])
def test_the_reference_is_the_start_model_whatever_was_trained(kind: str) -> None:
    model = adapted(made("qwen2"), "lora") if kind == "lora" else made("qwen2")
    ids = torch.arange(10, 40)[None]
    if kind == "lora":
        with model.disable_adapter():
            start = model(input_ids=ids).logits
        trained = [weight for weight in model.parameters() if weight.requires_grad]
    else:
        start = model(input_ids=ids).logits
        trained = list(blocks_of(model)[2].parameters())
    reference = Reference(model, {"layer 2": trained})
    assert reference.bytes == (0 if kind == "lora" else sum(4 * weight.numel() for weight in trained))
    with torch.no_grad():
        for weight in trained:
            weight.add_(0.1)
    moved = [weight.detach().clone() for weight in trained]
    with reference.standing_in() as stands_in:
        assert torch.equal(stands_in(input_ids=ids).logits, start)
    assert not torch.equal(model(input_ids=ids).logits, start)
    assert all(torch.equal(weight, before) for weight, before in zip(trained, moved, strict=True))


def test_a_sampler_that_lies_is_found_out(
    settings: TrainConfig, env: EnvClient, deep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: the decoder is of a model that is a little different."""
    real = EchelonTrainer._talk

    def lying(self: EchelonTrainer, keep: bool) -> Any:
        session = real(self, keep)
        session.decoder.norm = session.decoder.norm * 1.1
        return session

    monkeypatch.setattr(EchelonTrainer, "_talk", lying)
    with pytest.raises(SeamBroken, match=r"grpo\.sampler=hf"):
        train(of(settings, deep, UPPER["lora"], tmp_path / "run"), env)
