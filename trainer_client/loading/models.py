"""Loading a model and its tokenizer: safetensors only, never code from the model's repository."""

import os
import warnings
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from peft import PeftConfig, PeftModel
from safetensors import safe_open
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from envserver.wire import ProblemOut
from trainer_client.errors import BadConfig

Prompt = str | list[dict[str, str]]


def prepare_libraries() -> None:
    """Make results repeatable and libraries quiet.

    On a CPU one thread, which is also the fastest for small models on a busy machine.
    """
    if "LOCAL_RANK" not in os.environ:
        # Without a launcher a second GPU would be used by nn.DataParallel, which TRL refuses.
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")
    if not torch.cuda.is_available():
        torch.set_num_threads(1)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")  # its surface that is used is pinned by a test
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


def load_model(path: str | Path, trained: bool = False, four_bit: bool = False) -> PreTrainedModel:
    """Load a causal language model; a folder with an adapter is loaded onto its base model.

    Weights that will be `trained` themselves are kept in float32: in bfloat16 most updates round to nothing.
    """
    path = Path(path).expanduser() if str(path).startswith("~") else path
    _check_place(path)
    base = base_of(path) if is_adapter(path) else None
    kind = torch.float32 if trained or _saved_in_float32(base or path) else dtype()
    try:
        if base is not None:
            model: Any = PeftModel.from_pretrained(_load(base, kind), str(path))
        else:
            model = _load(path, kind, four_bit)
    except (OSError, ValueError) as error:
        raise BadConfig(f"no model at {path}: {error}") from error
    # A model's own sampling settings (top_p, penalties, n-gram bans) would cut the distribution that is trained.
    own = model.generation_config
    model.generation_config = GenerationConfig(
        bos_token_id=own.bos_token_id, eos_token_id=own.eos_token_id, pad_token_id=own.pad_token_id
    )
    return model if four_bit else model.to(device())


def mixed_precision(model: torch.nn.Module) -> AbstractContextManager[None]:
    """Return what a forward pass outside of the trainer needs where weights that train are in float32 beside others."""
    kinds = {weight.dtype for weight in model.parameters() if weight.is_floating_point()}
    if len(kinds) < 2:
        return nullcontext()
    return torch.autocast(next(model.parameters()).device.type, torch.bfloat16)


def _saved_in_float32(path: str | Path) -> bool:
    """Whether a folder holds weights in float32, as they are where they were trained: rounded they would be others."""
    files = list(Path(path).expanduser().glob("model*.safetensors"))
    for file in files:
        with safe_open(str(file), "pt") as held:
            if any(held.get_slice(name).get_dtype() == "F32" for name in held.keys()):  # noqa: SIM118
                return True
    return False


def _check_place(path: str | Path) -> None:
    """Raise `BadConfig` for a folder that holds no model, before the hub is asked for one of that name."""
    folder = Path(path).expanduser()
    if folder.is_dir() and not any((folder / name).exists() for name in ("config.json", "adapter_config.json")):
        hint = f"; did you mean {folder / 'final'}?" if (folder / "final").is_dir() else ""
        raise BadConfig(f"{path} is a folder without a model{hint}")
    if not folder.exists() and (str(path).startswith((".", "/", "~")) or str(path).count("/") > 1):
        raise BadConfig(f"there is no model {path}")


def is_adapter(path: str | Path) -> bool:
    """Whether a folder holds an adapter instead of a model; raises `BadConfig` for one that is not safetensors."""
    if not Path(path, "adapter_config.json").exists():
        return False
    if not Path(path, "adapter_model.safetensors").exists():
        raise BadConfig(f"{path} holds an adapter that is not in safetensors")
    return True


def base_of(path: str | Path) -> str:
    """Return where the base of an adapter is; one that a run has made moves with its folder."""
    named = Path(str(PeftConfig.from_pretrained(str(path)).base_model_name_or_path))
    beside = Path(path).resolve().parent / named.name
    base = beside if not named.exists() and beside.is_dir() else named
    _check_place(base)
    return str(base)


def merge_adapter(path: str | Path, target: Path) -> None:
    """Write the model that an adapter and its base make together, in float32: rounded, half of it would be lost."""
    merged: Any = load_model(path, trained=True)
    merged.merge_and_unload().save_pretrained(target)
    load_tokenizer(path).save_pretrained(target)


def _load(path: str | Path, kind: torch.dtype, four_bit: bool = False) -> Any:
    more: dict[str, Any] = {}
    if four_bit:
        more = {
            "quantization_config": BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=True,
                bnb_4bit_compute_dtype=torch.bfloat16,
            )
        }
    return AutoModelForCausalLM.from_pretrained(str(path), dtype=kind, use_safetensors=True, **more)


def is_bare(problem: ProblemOut) -> bool:
    """Whether a problem is asked in few characters, restated or not."""
    return problem.id.rpartition("/")[2].partition("+")[0] == "bare"


def prompt_of(problem: ProblemOut, tokenizer: PreTrainedTokenizerBase) -> Prompt:
    """Return what the model is asked: text in the style `bare`, else messages where the tokenizer has a template."""
    if is_bare(problem) or tokenizer.chat_template is None:
        return problem.prompt
    return [{"role": m.role, "content": m.content} for m in problem.messages]


def prompt_tokens(prompt: Prompt, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Return the tokens that a prompt becomes, as the GRPO trainer makes them."""
    if isinstance(prompt, str):
        return list(tokenizer(text=[prompt])["input_ids"][0])
    rendered = tokenizer.apply_chat_template([prompt], add_generation_prompt=True, tokenize=True, return_dict=True)
    return list(rendered["input_ids"][0])
