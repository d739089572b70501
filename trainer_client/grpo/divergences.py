"""How far a policy is from its reference: estimates from the sampled tokens, and sums over the whole vocabulary.

p is the policy, q the reference, both at one position; l = log p(x) - log q(x) at the token x that was sampled from p.
As losses, estimates have other gradients than as values (Schulman, "Approximating KL divergence", 2020; arXiv
2506.09477): the expected gradient of l is 0, so k1 belongs in the reward; that of l²/2 is that of KL(p‖q); that of k3
is that of KL(q‖p), unless it is multiplied by the ratio of probabilities, as TRL does by default.
Sums over the vocabulary are exact, value and gradient; they hold rows x tokens x vocabulary twice, which a large
vocabulary makes dear.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log
from typing import get_args

import torch

from trainer_client.config import Divergence


@dataclass(frozen=True)
class Sampled:
    """An estimate from log p and log q of the sampled tokens; any shape."""

    of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    formula: str
    gradient: str


@dataclass(frozen=True)
class Full:
    """A sum over the last dimension of log p and log q; `alpha` is read by one of them."""

    of: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]
    formula: str
    source: str


def k1(policy: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    return policy - reference


def k2(policy: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    return (policy - reference).square() / 2


def k3(policy: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    return torch.exp(reference - policy) - (reference - policy) - 1


def corrected_k3(policy: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Return k3 times the importance ratio, which is 1 and has a gradient (DeepSeek-V3.2, arXiv 2512.02556)."""
    return (policy - policy.detach()).exp() * k3(policy, reference)


def reverse_kl(policy: torch.Tensor, reference: torch.Tensor, alpha: float = 0.5) -> torch.Tensor:
    return (policy.exp() * (policy - reference)).sum(-1)


def forward_kl(policy: torch.Tensor, reference: torch.Tensor, alpha: float = 0.5) -> torch.Tensor:
    return (reference.exp() * (reference - policy)).sum(-1)


def jensen_shannon(policy: torch.Tensor, reference: torch.Tensor, alpha: float = 0.5) -> torch.Tensor:
    middle = torch.logaddexp(policy, reference) - log(2)
    return (reverse_kl(policy, middle) + reverse_kl(reference, middle)) / 2


def alpha_divergence(policy: torch.Tensor, reference: torch.Tensor, alpha: float = 0.5) -> torch.Tensor:
    overlap = (alpha * policy + (1 - alpha) * reference).exp().sum(-1)
    return (1 - overlap) / (alpha * (1 - alpha))


SAMPLED: Mapping[str, Sampled] = {
    "k1_in_reward": Sampled(
        k1, "l", "none in expectation as a loss; here it is taken off the reward, summed over tokens"
    ),
    "k2": Sampled(k2, "l²/2", "that of KL(p‖q)"),
    "k3": Sampled(
        corrected_k3, "r (exp(-l) + l - 1), r = p / p held fixed, which is 1", "that of KL(p‖q); TRL's default"
    ),
    "k3_uncorrected": Sampled(k3, "exp(-l) + l - 1", "that of KL(q‖p); GRPO as it was published"),
}
FULL: Mapping[str, Full] = {
    "reverse_kl": Full(reverse_kl, "KL(p‖q) = Σ p log(p/q)", "seeks modes; what DeepSeekMath's k3 estimates"),
    "forward_kl": Full(forward_kl, "KL(q‖p) = Σ q log(q/p)", "covers q: a rehearsal of it (DPH-RL, arXiv 2509.07430)"),
    "js": Full(jensen_shannon, "(KL(p‖m) + KL(q‖m))/2, m = (p+q)/2", "at most log 2 (f-DPO, arXiv 2309.16240)"),
    "alpha": Full(
        alpha_divergence,
        "(1 - Σ p^a q^(1-a)) / (a(1-a))",
        "a → 1: KL(p‖q), a → 0: KL(q‖p), a = 1/2: 4 times the squared Hellinger distance (Amari, 1985)",
    ),
}
assert {*SAMPLED, *FULL} == set(get_args(Divergence))


def averaged(values: torch.Tensor, mask: torch.Tensor, loss: str, longest: int, tokens: torch.Tensor) -> torch.Tensor:
    """Return per-token values as the policy loss `loss` averages its own, before gradient accumulation.

    `tokens` is what dapo divides by: the tokens of all rows that share an update, over those of all ranks.
    """
    total = (values * mask).sum()
    if loss == "grpo":
        return ((values * mask).sum(-1) / mask.sum(-1).clamp(min=1)).mean()
    if loss == "bnpo":
        return total / mask.sum().clamp(min=1)
    return total / (len(values) * longest if loss == "dr_grpo" else tokens)
