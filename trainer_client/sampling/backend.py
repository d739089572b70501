"""Who samples: transformers' `generate`, the own loop, or vLLM in this process or behind an address."""

from typing import Any

from trainer_client.errors import BadConfig
from trainer_client.sampling.decoder import undecodable


def chosen(wanted: str, model: Any) -> tuple[str, str]:
    """Return the sampler for a model, and why it is not the own loop where that was to be expected.

    Raises `BadConfig` where the own loop was asked for and cannot be.
    """
    if wanted not in ("auto", "own"):
        return wanted, ""
    reason = undecodable(model)
    if not reason:
        return ("hf", "") if wanted == "auto" and _on_a_gpu(model) else ("own", "")
    if wanted == "own":
        raise BadConfig(f"grpo.sampler: own cannot decode this model: {reason}")
    return "hf", "" if _on_a_gpu(model) else f"completions come from transformers' generate: {reason}"


def _on_a_gpu(model: Any) -> bool:
    return bool(next(model.parameters()).device.type == "cuda")
