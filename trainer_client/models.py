"""Loading a model and its tokenizer: safetensors only, never code from the model's repository."""

import os
import warnings
from pathlib import Path
from typing import Any

import torch
from peft import PeftConfig, PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

from envserver.wire import ProblemOut
from trainer_client.errors import BadConfig

Prompt = str | list[dict[str, str]]


def prepare_libraries() -> None:
    """Make results repeatable and libraries quiet.

    On a CPU one thread, which is also the fastest for small models on a busy machine.
    """
    if not torch.cuda.is_available():
        torch.set_num_threads(1)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # TRL 1.16 still uses names that transformers 5 renamed; nobody here can do anything about it.
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers|trl")


def device() -> torch.device:
    """Return the device that models run on."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def dtype() -> torch.dtype:
    """Return bfloat16 on CUDA; float32 on a CPU, where bfloat16 is slower and no run repeats bit for bit."""
    return torch.bfloat16 if torch.cuda.is_available() else torch.float32


def load_tokenizer(path: str | Path) -> PreTrainedTokenizerBase:
    """Load a tokenizer that pads on the left, as generation needs."""
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(str(path), padding_side="left")
    except (OSError, ValueError) as error:
        raise BadConfig(f"no tokenizer at {path}: {error}") from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(path: str | Path) -> PreTrainedModel:
    """Load a causal language model; a folder with an adapter is loaded onto its base model."""
    try:
        if Path(path, "adapter_config.json").exists():
            base = str(PeftConfig.from_pretrained(str(path)).base_model_name_or_path)
            model: Any = PeftModel.from_pretrained(_load(base), str(path))
        else:
            model = _load(path)
    except (OSError, ValueError) as error:
        raise BadConfig(f"no model at {path}: {error}") from error
    return model.to(device())


def _load(path: str | Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(str(path), dtype=dtype(), use_safetensors=True)


def prompt_of(problem: ProblemOut, tokenizer: PreTrainedTokenizerBase) -> Prompt:
    """Return what the model is asked: text in the style `bare`, else messages where the tokenizer has a template."""
    if problem.id.endswith("/bare") or tokenizer.chat_template is None:
        return problem.prompt
    return [{"role": m.role, "content": m.content} for m in problem.messages]


def prompt_tokens(prompt: Prompt, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the tokens that a prompt becomes, as the GRPO trainer makes them."""
    if isinstance(prompt, str):
        return list(tokenizer(text=[prompt])["input_ids"][0])
    rendered = tokenizer.apply_chat_template([prompt], add_generation_prompt=True, tokenize=True, return_dict=True)
    return list(rendered["input_ids"][0])
