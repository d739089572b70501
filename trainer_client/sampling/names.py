"""Who may sample; apart from the code that does, which a configuration need not load."""

from typing import Literal

Sampler = Literal["auto", "hf", "own", "vllm-colocate", "vllm-server"]
"""`auto` is the own loop on a CPU, where the model is of a shape that it knows, else `hf`."""

VLLM = frozenset({"vllm-colocate", "vllm-server"})


def of_others(sampler: Sampler) -> Sampler:
    """Return who samples from models beside the policy, which may be of another shape than `own` was asked for."""
    return "hf" if sampler == "hf" else "auto"
