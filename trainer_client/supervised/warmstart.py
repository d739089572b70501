"""A short supervised phase: the model learns the form of answers from worked examples.

They come from the server, a share of them wrong, which keeps the model from learning the task already: what
reinforcement then adds can be seen. Or they come from a file, verified by `distill` before.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase, PrinterCallback, Trainer, TrainingArguments

from envserver.wire import CurriculumOut, PlayItem, ProblemOut, SampleRequest
from trainer_client.answers.decoding import end_tokens
from trainer_client.answers.episodes import example_tokens
from trainer_client.client import EnvClient
from trainer_client.client.filled import filled
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig, BadRun
from trainer_client.grpo.length_groups import length_groups
from trainer_client.loading.models import load_model, load_tokenizer, prompt_tokens
from trainer_client.supervised.seeds import WARMSTART
from trainer_client.supervised.worked_examples import Example, read_examples

IGNORED = -100
"""The label of a token that is not learned."""


Row = tuple[list[int], list[int]]
"""Tokens, and the labels of those that are learned."""


def warmstart(config: TrainConfig, client: EnvClient, source: Path | str, target: Path) -> None:
    """Train the model at `source` on worked examples and write it to `target`, in one step at the end."""

    def rows(model: Any, tokenizer: PreTrainedTokenizerBase) -> list[Row]:
        return _rows(config, client, tokenizer, end_tokens(model, tokenizer))

    supervise(config, source, target, rows)


def supervise(
    config: TrainConfig,
    source: Path | str,
    target: Path,
    rows: Callable[[Any, PreTrainedTokenizerBase], list[Row]],
) -> None:
    """Train the model at `source` on rows that are made for it, and write it to `target` in one step at the end."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadRun(f"{target} is not empty: name a new folder for the model")
    tokenizer = load_tokenizer(source)
    model = load_model(source, trained=True)
    data = _Rows(rows(model, tokenizer))
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as name:
        work = Path(name)
        trainer = _Supervised(
            model=model,
            args=_arguments(config, work / "trainer"),
            train_dataset=data,
            data_collator=_Collator(int(tokenizer.pad_token_id)),
        )
        trainer.remove_callback(PrinterCallback)  # we have a display of our own
        trainer.train()
        trainer.model.save_pretrained(work / "model")
        tokenizer.save_pretrained(work / "model")
        (work / "model").replace(target)


def _arguments(config: TrainConfig, folder: Path) -> TrainingArguments:
    warm = config.warmstart
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=warm.steps,
        per_device_train_batch_size=warm.batch,
        learning_rate=warm.learning_rate,
        lr_scheduler_type="cosine",
        adam_beta2=0.95,
        warmup_steps=min(50, warm.steps // 10),
        seed=config.seed,
        bf16=torch.cuda.is_available(),
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=torch.cuda.is_available(),
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )


def _rows(config: TrainConfig, client: EnvClient, tokenizer: PreTrainedTokenizerBase, ends: Sequence[int]) -> list[Row]:
    """Return the rows of a file, or as many of the server's as the steps use, mixed over the stages."""
    if config.warmstart.data is not None:
        return [_row(example, tokenizer) for example in read_examples(config.warmstart.data)]
    warm = config.warmstart
    problems = revealed(config, client, warm.steps * warm.batch, WARMSTART, warm.noise)
    questions = [p for p in problems if p.revealed_actions is None]
    episodes = [p for p in problems if p.revealed_actions is not None]
    seen = (
        client.play([PlayItem(id=p.id, actions=list(p.revealed_actions or ())) for p in episodes]) if episodes else []
    )
    return [
        *(_row(Example(id=p.id, prompt=p.messages, completion=p.revealed or ""), tokenizer) for p in questions),
        *(_played(p, reply.observations, tokenizer, ends) for p, reply in zip(episodes, seen, strict=True)),
    ]


def revealed(config: TrainConfig, client: EnvClient, n: int, seed: int, noise: float | None = None) -> list[ProblemOut]:
    """Return n train problems of another seed with worked answers, a share `noise` of them wrong, mixed over stages."""
    curriculum = client.curriculum(config.curriculum.name)
    found: list[ProblemOut] = []
    for stage, share in shares(config.warmstart.stages, curriculum, "warmstart.stages").items():
        request = SampleRequest(
            curriculum=curriculum.reference,
            stage=stage,
            seed=config.seed + seed,
            slots=[0],
            style=config.curriculum.style,
            reveal="worked" if noise is None else "noisy",
            noise=noise or 0.0,
        )
        found += filled(client.sample(request, range(round(n * share))))
    return found


def _played(
    problem: ProblemOut, observations: Sequence[str], tokenizer: PreTrainedTokenizerBase, ends: Sequence[int]
) -> Row:
    """Return the tokens of an episode; what the environment says is not learned."""
    rollout = example_tokens(problem, observations, problem.revealed_actions or [], tokenizer, ends)
    labels = [token if sampled else IGNORED for token, sampled in zip(rollout.tokens, rollout.sampled, strict=True)]
    return rollout.prompt + rollout.tokens, [IGNORED] * len(rollout.prompt) + labels


def shares(given: Mapping[str, float], curriculum: CurriculumOut, setting: str) -> dict[str, float]:
    """Return the share of each stage, all alike where none is given; raises `BadConfig` naming the setting."""
    names = [stage.name for stage in curriculum.stages]
    if unknown := set(given) - set(names):
        raise BadConfig(f"{setting}: {curriculum.name} has no stage {', '.join(sorted(unknown))}")
    found = dict(given) if given else dict.fromkeys(names, 1.0)
    if any(share < 0 for share in found.values()) or not any(found.values()):
        raise BadConfig(f"{setting}: the shares are positive")
    return {name: share / sum(found.values()) for name, share in found.items() if share}


def _row(example: Example, tokenizer: PreTrainedTokenizerBase) -> Row:
    """Return the tokens of one example, and its labels: the completion and its end, not the prompt."""
    prompt = prompt_tokens(example.asked(tokenizer), tokenizer)
    completion = [*tokenizer(text=example.answer, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    return prompt + completion, [IGNORED] * len(prompt) + completion


class _Supervised(Trainer):
    """Supervised steps in which short rows are not computed at the width of the longest one."""

    def compute_loss(self, model: Any, inputs: dict[str, torch.Tensor], *args: Any, **kwargs: Any) -> torch.Tensor:
        learned = (inputs["labels"] != IGNORED).sum()
        losses = [
            model(**{name: given[rows, first:last] for name, given in inputs.items()}, num_items_in_batch=learned).loss
            for rows, first, last in length_groups(inputs["attention_mask"])
        ]
        return torch.stack(losses).sum()


class _Rows(Dataset[Row]):
    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: int) -> Row:
        return self.rows[at]


class _Collator:
    def __init__(self, pad: int) -> None:
        self.pad = pad

    def __call__(self, rows: Sequence[Row]) -> dict[str, Any]:
        ids = pad_sequence([torch.tensor(i) for i, _ in rows], batch_first=True, padding_value=self.pad)
        labels = pad_sequence([torch.tensor(x) for _, x in rows], batch_first=True, padding_value=IGNORED)
        lengths = torch.tensor([len(i) for i, _ in rows])
        mask = (torch.arange(ids.size(1)).unsqueeze(0) < lengths.unsqueeze(1)).long()
        return {"input_ids": ids, "labels": labels, "attention_mask": mask}
