"""What a run takes is said from the shape of a model, without its weights; the shipped configurations can be read."""

from pathlib import Path

import pytest
from transformers import Qwen2Config
from typer.testing import CliRunner

from trainer_client.cli import app
from trainer_client.config import TrainConfig, load_config
from trainer_client.errors import BadConfig
from trainer_client.run.dry_run import forecast

EXAMPLES = Path(__file__).parents[3] / "examples"
# Of the models' own config.json.
SHAPES = {
    "Qwen/Qwen2.5-0.5B-Instruct": (896, 4_864, 24, 14, 2, True, 151_936),
    "Qwen/Qwen2.5-1.5B-Instruct": (1_536, 8_960, 28, 12, 2, True, 151_936),
    "Qwen/Qwen2.5-7B-Instruct": (3_584, 18_944, 28, 28, 4, False, 152_064),
}
WEIGHTS = {"0.5B": 494_032_768, "1.5B": 1_543_714_304, "7B": 7_615_616_512}


def shape_only(model: str, folder: Path) -> str:
    """Write a folder that holds a model's configuration, and nothing else."""
    hidden, inner, layers, heads, keys, tied, words = SHAPES[model]
    Qwen2Config(
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=keys,
        tie_word_embeddings=tied,
        vocab_size=words,
    ).save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("file", sorted((EXAMPLES / "gpu").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_examples_for_gpus_fit_the_cards_they_name(file: Path, tmp_path: Path) -> None:
    config = load_config(file)
    name = config.model.path
    found = forecast(load_config(file, model=shape_only(name, tmp_path / "shape")))
    assert found.weights == WEIGHTS[name.partition("2.5-")[2].partition("-")[0]]
    held = sum(found.bytes.values()) / 2**30 + 1
    assert held < int(file.stem.rpartition("-")[2].removesuffix("gb")) * 0.93
    assert found.completions == config.grpo.steps * config.grpo.prompts * config.grpo.samples


def test_what_trains_and_where_the_backward_pass_ends(tmp_path: Path) -> None:
    base = ["model.hidden=64", "model.layers=4", "grpo.prompts=4", "grpo.samples=2", "grpo.beta=0.1"]

    def of(strategy: str) -> dict[str, float]:
        return forecast(load_config(None, [*base, f"strategy={strategy}"])).bytes

    full, last, lora = of("{kind: full}"), of("{kind: layers, layers: {last: 1}}"), of("{kind: lora, rank: 4}")
    assert full["frozen weights"] == 0
    assert full["the reference"] == full["weights that train"] > last["the reference"] == last["weights that train"]
    assert lora["the reference"] == 0
    assert full["the trunk, computed once"] == lora["the trunk, computed once"] == 0
    assert last["the trunk, computed once"] == 2 * 8 * (48 + 256) * 64
    assert last["activations"] == full["activations"] / 4
    assert of("{kind: layers, parts: [norm]}")["activations"] == 0
    assert of("{kind: layers, parts: [embeddings]}")["activations"] == full["activations"]
    assert lora["gradients and moments"] < last["gradients and moments"] < full["gradients and moments"]
    assert of("{kind: layerwise}")["gradients and moments"] == last["gradients and moments"]
    assert forecast(load_config(None, [*base, "strategy={kind: lora, four_bit: true}"])).trained > 0


def test_the_command_needs_no_server_and_leaves_nothing(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["train", "--dry-run", "--run", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert "weights that train: 138,112 of 138,112 (100.000%)" in done.output
    assert not (tmp_path / "run").exists()
    with pytest.raises(BadConfig, match="no configuration"):
        forecast(TrainConfig.model_validate({"model": {"path": str(tmp_path / "nothing")}}))


def test_what_only_a_gpu_can_do_is_planned_without_one(tmp_path: Path) -> None:
    path = shape_only("Qwen/Qwen2.5-0.5B-Instruct", tmp_path)
    for told in (["grpo.sampler=vllm-colocate"], ["strategy.kind=lora", "strategy.four_bit=true"]):
        assert forecast(load_config(None, told, model=path)).weights == WEIGHTS["0.5B"]


def test_completions_are_those_that_the_run_samples(tmp_path: Path) -> None:
    told = ["grpo.steps=10", "grpo.iterations=4", "grpo.save_every=4", "grpo.prompts=2", "grpo.samples=2"]
    assert forecast(load_config(None, told)).completions == 12
