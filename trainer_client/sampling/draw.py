"""The next token from logits, and how likely it was."""

import torch

from trainer_client.errors import TrainerError


def drawn(logits: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a token per row of logits, in float32, and its log-probability at that temperature; 0 takes the likeliest.

    Raises `TrainerError` for a model that says what is no number.

    By the inverse of the distribution function: one random number a row. A number for each row and token, as
    `torch.multinomial` takes them, is more work than a small model's layer. Summed in float64: of 10^5 tokens in
    float32 the last ones would get shares that are off by a thousandth of theirs.
    """
    if temperature == 0:
        token = logits.argmax(dim=-1)
        logps = logits.log_softmax(dim=-1)
    else:
        logps = (logits / temperature).log_softmax(dim=-1)
        below = logps.exp().cumsum(dim=-1, dtype=torch.float64)
        if not bool(torch.isfinite(below[:, -1]).all()):
            raise TrainerError("the model says that probabilities are no numbers")
        height = torch.rand(len(logits), 1, dtype=torch.float64, device=logits.device) * below[:, -1:]
        token = torch.searchsorted(below, height, right=True)[:, 0].clamp(max=logits.size(-1) - 1)
    return token, logps.gather(-1, token[:, None])[:, 0]
