"""Small models of every shape that the own loop knows, with weights so large that they are sure of something."""

from typing import Any

import torch
from peft import LoraConfig, OFTConfig, PromptTuningConfig, TinyLoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

from trainer_client.loading.tiny import tiny_config

ENDS = [2, 5, 9]
_COMMON: dict[str, Any] = {
    "vocab_size": 98,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2_048,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_LLAMA3 = {"rope_type": "llama3", "rope_theta": 1e4, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
SHAPES: dict[str, Any] = {
    "tiny": lambda: tiny_config(64, 2),
    "qwen2": lambda: Qwen2Config(**_COMMON),
    "qwen3": lambda: Qwen3Config(**_COMMON, head_dim=20),
    "llama": lambda: LlamaConfig(
        **_COMMON, attention_bias=True, rope_parameters={**_LLAMA3, "original_max_position_embeddings": 64}
    ),
    "mistral": lambda: MistralConfig(**_COMMON, sliding_window=None),
}


def made(shape: str, seed: int = 0) -> Any:
    """Return a model of that shape, the same for the same seed."""
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(SHAPES[shape]())
    for name, weight in model.named_parameters():
        torch.nn.init.normal_(weight, mean=float("norm" in name), std=0.15)
    return model.eval()


def adapted(model: Any, kind: str) -> Any:
    """Return a model with an adapter that does something."""
    named = ["q_proj", "v_proj", "o_proj", "down_proj"]
    kinds = {
        "lora": LoraConfig(r=4, lora_alpha=8, target_modules=named),
        "rslora": LoraConfig(r=4, lora_alpha=8, target_modules=named, use_rslora=True),
        "dora": LoraConfig(r=4, lora_alpha=8, target_modules=named, use_dora=True),
        "saved": LoraConfig(r=4, target_modules=named, modules_to_save=["norm"]),
        "oft": OFTConfig(r=2, oft_block_size=0, target_modules=["q_proj"]),
        "prompt": PromptTuningConfig(num_virtual_tokens=3, task_type="CAUSAL_LM"),
        "biased": LoraConfig(r=4, target_modules=["o_proj"], lora_bias=True),
        "tinylora": TinyLoraConfig(r=2, u=4, target_modules=named),
    }
    model = get_peft_model(model, kinds[kind])
    for name, weight in model.named_parameters():
        if "lora_B" in name or "tinylora_v" in name:
            torch.nn.init.normal_(weight, std=0.5)
    return model.eval()


def rows(count: int, longest: int, seed: int = 1) -> list[list[int]]:
    """Return texts of any tokens but those that end one."""
    drawn = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, longest + 1, (count,), generator=drawn).tolist()
    return [torch.randint(10, 98, (length,), generator=drawn).tolist() for length in lengths]


@torch.no_grad()
def logps(model: Any, row: list[int], ids: list[int], temperature: float = 1.0) -> list[float]:
    """Return what the model itself says of tokens behind a text, in one pass of its own."""
    logits = model(input_ids=torch.tensor([row + ids])).logits[0] / temperature
    said = logits.log_softmax(-1)[len(row) - 1 : -1]
    return [float(line[token]) for line, token in zip(said, ids, strict=True)]
