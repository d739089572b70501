"""Held-out problems answered and judged: looks during training, and the tables after it."""

from collections.abc import Mapping, Sequence

from envserver.wire import ProblemOut, RunContext, SampleRequest, Split, VerdictOut
from trainer_client.answers.answering import Answering, LocalModel, RemoteModel, Said
from trainer_client.answers.decoding import Decoding
from trainer_client.answers.endpoint import Endpoint
from trainer_client.answers.scored import Row, Scored
from trainer_client.answers.thinking import Thinking
from trainer_client.client import EnvClient
from trainer_client.client.filled import filled
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig
from trainer_client.loading.models import load_model, load_tokenizer

Problems = Mapping[str, Sequence[ProblemOut]]
"""By stage."""


class Evaluator:
    """Asks models the problems of fixed pools of one curriculum."""

    def __init__(self, client: EnvClient, reference: str, style: str | None) -> None:
        self.client = client
        self.reference = reference
        self.style = style

    def problems(self, stage: str, split: Split, slots: Sequence[int]) -> list[ProblemOut]:
        """Return the problems in those slots of a stage's pool; slots beyond its end are left out."""
        request = SampleRequest(
            curriculum=self.reference, split=split, stage=stage, slots=[0], style=self.style, pooled=True
        )
        return filled(self.client.sample(request, slots), beyond=True)

    def judged(self, said: Sequence[Said], run: RunContext | None = None) -> list[VerdictOut]:
        """Return the verdicts, in order; `run` says where the answers belong, if they are kept."""
        return self.client.score([one.item for one in said], curriculum=self.reference, run=run)

    def table(self, model: Answering, problems: Problems, temperature: float, samples: int = 1) -> dict[str, Scored]:
        """Return what so many answers to each problem came to, per stage; greedy ones are all the same."""
        flat = [problem for stage in problems.values() for problem in stage]
        rounds = []
        for sample in range(samples if temperature else 1):
            said = model.answer(flat, temperature, sample)
            rounds.append(list(zip(self.judged(said), (one.answer for one in said), strict=True)))
        rows = [Row([v for v, _ in row], [a for _, a in row]) for row in zip(*rounds, strict=True)]
        left = iter(rows)
        return {name: Scored([next(left) for _ in stage]) for name, stage in problems.items()}


def decoding(config: TrainConfig) -> Decoding:
    """Return the limits within which held-out problems are answered."""
    return Decoding(
        1.0, config.grpo.max_completion, config.eval.batch, config.seed, config.grpo.max_episode, config.grpo.sampler
    )


def answering(config: TrainConfig, client: EnvClient, path: str | None = None) -> Answering:
    """Return the model that a configuration names for evaluation: one loaded from `path`, or behind an endpoint."""
    if path is None and config.eval.endpoint is not None:
        if config.eval.think:
            raise BadConfig("eval.think: thoughts are forced token by token, which an endpoint does not let us do")
        named, extra = config.eval.endpoint_model, config.eval.endpoint_extra
        endpoint = Endpoint(config.eval.endpoint, named, config.server.deadline_s, extra=extra)
        return RemoteModel(client, endpoint, config.grpo.max_completion)
    if config.likelihood is not None and config.likelihood.of == "help":
        raise BadConfig("likelihood.of: a policy that writes help answers nothing; `prompt-model` asks its base")
    source = path or config.model.path
    thinking = Thinking(config.eval.think, config.eval.waits) if config.eval.think else None
    return LocalModel(client, load_model(source), load_tokenizer(source), decoding(config), thinking)


def asked(config: TrainConfig, client: EnvClient, split: Split) -> tuple[Evaluator, dict[str, list[ProblemOut]]]:
    """Return the evaluator of a configuration's curriculum, and the first problems of each stage to be asked."""
    curriculum = client.curriculum(config.curriculum.name)
    evaluator = Evaluator(client, curriculum.reference, config.curriculum.style)
    names = [stage.name for stage in curriculum.stages]
    if unknown := set(config.eval.stages) - set(names):
        raise BadConfig(f"eval.stages: {curriculum.name} has no stage {', '.join(sorted(unknown))}")
    stages = list(config.eval.stages) or names
    return evaluator, {stage: evaluator.problems(stage, split, range(config.eval.n)) for stage in stages}
