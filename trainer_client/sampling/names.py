"""Who may sample; apart from the code that does, which a configuration need not load."""

from typing import Literal

Sampler = Literal["auto", "hf", "own", "vllm-colocate", "vllm-server"]
"""`auto` is the own loop on a CPU, where the model is of a shape that it knows, else `hf`."""

VLLM = frozenset({"vllm-colocate", "vllm-server"})
