"""Where the completions of a distillation come from: a model loaded here, or an endpoint."""

from collections.abc import Sequence
from typing import Protocol

from envserver.wire import ProblemOut
from trainer_client.answers.decoding import Completion, Decoding, complete
from trainer_client.answers.endpoint import Chat, Endpoint
from trainer_client.config import TrainConfig
from trainer_client.errors import BadConfig
from trainer_client.loading.models import load_model, load_tokenizer, prompt_of


class Sampler(Protocol):
    """Answers every problem `samples` times."""

    name: str

    def sample(self, problems: Sequence[ProblemOut], samples: int) -> list[list[Completion]]:
        """Return the completions per problem, in order."""


class LocalSampler:
    """A model in this process."""

    def __init__(self, config: TrainConfig) -> None:
        if config.model.path == "tiny":
            raise BadConfig("`tiny` has learned nothing yet: name a trained model, --model FOLDER")
        self.name = config.model.path
        self.model, self.tokenizer = load_model(config.model.path), load_tokenizer(config.model.path)
        self.how = Decoding(
            config.distill.temperature,
            config.grpo.max_completion,
            config.eval.batch,
            config.seed,
            sampler=config.grpo.sampler,
        )

    def sample(self, problems: Sequence[ProblemOut], samples: int) -> list[list[Completion]]:
        prompts = [prompt_of(problem, self.tokenizer) for problem in problems for _ in range(samples)]
        done = complete(self.model, self.tokenizer, prompts, self.how)
        return [done[at : at + samples] for at in range(0, len(done), samples)]


class EndpointSampler:
    """A model behind an endpoint."""

    def __init__(self, config: TrainConfig, endpoint: Endpoint | None = None) -> None:
        self.name = config.distill.endpoint_model or "default"
        self._temperature, self._max_tokens = config.distill.temperature, config.grpo.max_completion
        self._endpoint = endpoint or Endpoint(config.distill.endpoint or "", self.name, config.server.deadline_s)

    def sample(self, problems: Sequence[ProblemOut], samples: int) -> list[list[Completion]]:
        messages = [[{"role": m.role, "content": m.content} for m in problem.messages] for problem in problems]
        return self._endpoint.complete([Chat(row, self._temperature, self._max_tokens, samples) for row in messages])
