"""Rows in groups of like length: the same numbers and gradients as the whole batch, with less padding."""

import pytest
import torch

from trainer_client.grpo.length_groups import Tensors, by_length, length_groups
from trainer_client.loading.models import load_model
from trainer_client.loading.tiny import write_tiny

ROWS, QUESTION, COMPLETION = 70, 12, 40


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> torch.nn.Module:
    folder = tmp_path_factory.mktemp("tiny")
    write_tiny(folder, 16, 2, 0)
    return load_model(folder, trained=True)


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask: questions padded on the left, completions on the right, of very different lengths."""
    torch.manual_seed(0)
    mask = torch.zeros(ROWS, QUESTION + COMPLETION, dtype=torch.long)
    for row in range(ROWS):
        before, behind = int(torch.randint(1, QUESTION + 1, ())), int(torch.randint(1, COMPLETION + 1, ()))
        mask[row, QUESTION - before : QUESTION + behind] = 1
    return torch.randint(3, 90, mask.shape) * mask, mask


def of(model: torch.nn.Module, widths: list[int] | None = None, balance: bool = False):  # type: ignore[no-untyped-def]
    def compute(ids: torch.Tensor, mask: torch.Tensor, completion: int) -> Tensors:
        if widths is not None:
            widths.append(ids.numel())
        places = (mask.cumsum(1) - 1).clamp(min=0)
        logits = model(input_ids=ids, attention_mask=mask, position_ids=places).logits[:, :-1].log_softmax(-1)
        held = mask[:, -completion:]
        logps = logits.gather(2, ids[:, 1:, None])[:, -completion:, 0] * held
        entropies = -(logits.exp() * logits).sum(-1)[:, -completion:] * held
        return logps, entropies, logps.new_tensor(2.0) if balance else None

    return compute


def test_the_same_numbers_and_gradients(model: torch.nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    weights = torch.rand(ROWS, COMPLETION)
    found = []
    for way in (lambda *given: of(model)(*given), lambda *given: by_length(of(model), *given)):
        model.zero_grad()
        logps, entropies, balance = way(*batch, COMPLETION)
        assert balance is None
        (logps * weights).sum().backward()
        gradients = [weight.grad.clone() for weight in model.parameters() if weight.grad is not None]
        found.append([logps.detach(), entropies.detach(), *gradients])
    for whole, grouped in zip(*found, strict=True):
        assert torch.allclose(whole, grouped, atol=1e-4, rtol=1e-4)


def test_less_is_computed(model: torch.nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    ids, mask = batch
    computed: list[int] = []
    balance = by_length(of(model, computed, balance=True), ids, mask, COMPLETION)[2]
    assert balance == 2.0
    assert sum(computed) < 0.8 * ids.numel()
    assert sum(computed) >= int(mask.sum())


def test_as_many_groups_on_every_rank(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    _, mask = batch
    groups = list(length_groups(mask))
    assert len(groups) == len(list(length_groups(torch.ones_like(mask)))) == 4
    assert sorted(int(row) for rows, _, _ in groups for row in rows) == list(range(ROWS))
    for rows, first, last in groups:
        assert int(mask[rows, :first].sum()) == int(mask[rows, last:].sum()) == 0
    assert len(list(length_groups(mask[:20]))) == 1


def test_a_completion_that_is_masked_out_altogether(
    model: torch.nn.Module, batch: tuple[torch.Tensor, torch.Tensor]
) -> None:
    """As where truncated completions are not to be trained."""
    ids, mask = batch[0][:4], batch[1][:4].clone()
    mask[:, QUESTION:] = 0
    logps, _, _ = by_length(of(model), ids, mask, COMPLETION)
    assert logps.shape == (4, COMPLETION)
    assert not logps.any()
