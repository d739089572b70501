"""Where the experiment starts: a base that can use help and does not need it, a helper that knows the form of help."""

from pathlib import Path
from random import Random
from typing import Any

from transformers import PreTrainedTokenizerBase

from envserver.wire import ProblemOut
from trainer_client.client import EnvClient
from trainer_client.config import TrainConfig, WarmstartConfig
from trainer_client.likelihood.framing import Frame
from trainer_client.likelihood.scoring import asked_for_help
from trainer_client.loading.models import prompt_of, prompt_tokens
from trainer_client.prompt_model.config import SupervisedConfig
from trainer_client.supervised.seeds import PROMPT_BASE, PROMPT_HELPER
from trainer_client.supervised.warmstart import IGNORED, Row, revealed, supervise


def make_base(
    config: TrainConfig, told: SupervisedConfig, client: EnvClient, frame: Frame, places: tuple[Path, Path]
) -> None:
    """Train the model at the first place to answer behind right help, other help and none; write it to the second."""

    def rows(model: Any, tokenizer: PreTrainedTokenizerBase) -> list[Row]:
        problems = revealed(config, client, told.steps * told.batch, PROMPT_BASE)
        chance = Random(config.seed)
        return [
            _answered(one, _help(one, chance.choice(problems), chance, told.noise, frame), frame, tokenizer)
            for one in problems
        ]

    supervise(_supervised(config, told), places[0], places[1], rows)


def make_helper(
    config: TrainConfig, told: SupervisedConfig, client: EnvClient, frame: Frame, places: tuple[Path, Path]
) -> None:
    """Train the model at the first place to write help, a share of it to another problem; write it to the second."""
    ask = config.likelihood.ask if config.likelihood else ""

    def rows(model: Any, tokenizer: PreTrainedTokenizerBase) -> list[Row]:
        problems = revealed(config, client, told.steps * told.batch, PROMPT_HELPER)
        chance = Random(config.seed + 1)
        found = []
        for one in problems:
            meant = chance.choice(problems) if chance.random() < told.noise else one
            prompt = prompt_tokens(prompt_of(asked_for_help(one, ask), tokenizer), tokenizer)
            help_ids = [*_encoded(tokenizer, thought(meant, frame)), int(tokenizer.eos_token_id)]
            found.append((prompt + help_ids, [IGNORED] * len(prompt) + help_ids))
        return found

    supervise(_supervised(config, told), places[0], places[1], rows)


def thought(problem: ProblemOut, frame: Frame) -> str:
    """Return the working of a worked answer, which is the help that is known to be right; "" where it has none."""
    return (frame.thought_of(problem.revealed or "") or "").strip()


def _help(own: ProblemOut, other: ProblemOut, chance: Random, noise: float, frame: Frame) -> str:
    draw = chance.random()
    if draw >= noise:
        return thought(own, frame)
    return "" if draw < noise / 2 else thought(other, frame)


def _answered(problem: ProblemOut, given: str, frame: Frame, tokenizer: PreTrainedTokenizerBase) -> Row:
    """Return a row in which only the answer and its end are learned: the base is not to write help itself."""
    before = prompt_tokens(prompt_of(problem, tokenizer), tokenizer) + _encoded(tokenizer, frame.before(given))
    behind = [
        *_encoded(tokenizer, frame.answer_of(problem.revealed or "") + frame.closing),
        int(tokenizer.eos_token_id),
    ]
    return before + behind, [IGNORED] * len(before) + behind


def _encoded(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    return list(tokenizer(text=text, add_special_tokens=False)["input_ids"]) if text else []


def _supervised(config: TrainConfig, told: SupervisedConfig) -> TrainConfig:
    warm = WarmstartConfig(steps=told.steps, batch=told.batch, learning_rate=told.learning_rate)
    return config.model_copy(update={"warmstart": warm})
