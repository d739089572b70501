"""The tiny model: an ordinary folder, the same for the same seed, a character a token."""

import string
from hashlib import sha256
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from trainer_client.answers.decoding import Decoding, complete
from trainer_client.errors import BadConfig
from trainer_client.loading.models import load_model, load_tokenizer, prompt_tokens
from trainer_client.loading.tiny import write_tiny


def test_an_ordinary_folder_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_tiny(tmp_path / name, 32, 1, seed)
    digests = [sha256((tmp_path / name / "model.safetensors").read_bytes()).hexdigest() for name in "abc"]
    assert digests[0] == digests[1] != digests[2]
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "a").config.model_type == "qwen2"
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "a")
    text = "".join(c for c in string.printable if c == "\n" or 32 <= ord(c) < 127)
    ids = tokenizer(text)["input_ids"]
    assert len(ids) == len(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.decode(tokenizer("a\u00e9\u2212b")["input_ids"]) == "ab"
    assert len(tokenizer) == 99


def test_chat_messages_are_rendered(tmp_path: Path) -> None:
    write_tiny(tmp_path, 32, 1, 0)
    tokenizer = load_tokenizer(tmp_path)
    ids = prompt_tokens([{"role": "user", "content": "1+1"}], tokenizer)
    assert tokenizer.decode(ids) == "user: 1+1\nassistant: "


def test_decoding_does_not_depend_on_the_batch_nor_disturb_training(tmp_path: Path) -> None:
    import torch

    write_tiny(tmp_path, 32, 1, 0)
    model, tokenizer = load_model(tmp_path), load_tokenizer(tmp_path)
    model.train()
    prompts = ["1=", "22,3;4,5=", "7/8="]
    greedy = complete(model, tokenizer, prompts, Decoding(0.0, 8))
    assert greedy == [complete(model, tokenizer, [prompt], Decoding(0.0, 8))[0] for prompt in prompts]
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    sampled = complete(model, tokenizer, prompts, Decoding(1.0, 8, seed=3))
    assert torch.equal(before, torch.random.get_rng_state())
    assert model.training
    assert sampled == complete(model, tokenizer, prompts, Decoding(1.0, 8, seed=3))
    assert sampled != complete(model, tokenizer, prompts, Decoding(1.0, 8, seed=4))


@pytest.mark.parametrize(
    ("folder", "says"), [("run", "is a folder without a model; did you mean"), ("gone/x/y", "there is no model")]
)
def test_a_folder_without_a_model_is_told_before_any_hub_is_asked(tmp_path: Path, folder: str, says: str) -> None:
    (tmp_path / "run" / "final").mkdir(parents=True)
    with pytest.raises(BadConfig, match=says):
        load_model(tmp_path / folder)
