"""Where completions come from: a model loaded here, or an endpoint that speaks the chat protocol of OpenAI."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import httpx
from pydantic import BaseModel, ValidationError

from envserver.wire import ProblemOut
from trainer_client.config import TrainConfig
from trainer_client.decoding import Completion, Decoding, complete
from trainer_client.errors import BadConfig, SamplerFailed
from trainer_client.models import load_model, load_tokenizer, prompt_of

KEY = "ECHELON_ENDPOINT_KEY"
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
_AT_ONCE = 16  # requests in flight


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
        self.how = Decoding(config.distill.temperature, config.grpo.max_completion, config.eval.batch, config.seed)

    def sample(self, problems: Sequence[ProblemOut], samples: int) -> list[list[Completion]]:
        prompts = [prompt_of(problem, self.tokenizer) for problem in problems for _ in range(samples)]
        done = complete(self.model, self.tokenizer, prompts, self.how)
        return [done[at : at + samples] for at in range(0, len(done), samples)]


class EndpointSampler:
    """A server with `/chat/completions`: vLLM, llama.cpp, SGLang, or a provider. `transport` is a door for tests."""

    def __init__(
        self,
        config: TrainConfig,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = config.distill.endpoint_model or "default"
        self._config = config
        self._sleep = sleep
        key = os.environ.get(KEY) or os.environ.get("OPENAI_API_KEY")
        if key and not key.isascii():
            raise BadConfig(f"{KEY} is not ASCII")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = (config.distill.endpoint or "").rstrip("/") + "/"
        self._http = httpx.Client(base_url=url, headers=headers, timeout=600.0, transport=transport)

    def sample(self, problems: Sequence[ProblemOut], samples: int) -> list[list[Completion]]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda problem: self._completions(problem, samples), problems))

    def _completions(self, problem: ProblemOut, samples: int) -> list[Completion]:
        """Return so many completions; servers that give fewer than asked for at once are asked again."""
        found: list[Completion] = []
        while len(found) < samples:
            body = {
                "model": self.name,
                "messages": [{"role": m.role, "content": m.content} for m in problem.messages],
                "temperature": self._config.distill.temperature,
                "max_tokens": self._config.grpo.max_completion,
                "n": samples - len(found),
            }
            found += [choice.completion for choice in self._post(body)]
        return found[:samples]

    def _choices(self, response: httpx.Response) -> "list[_Choice]":
        try:
            choices = _Reply.model_validate_json(response.content).choices
        except ValidationError as error:
            raise SamplerFailed(f"{self._http.base_url}: not a reply of /chat/completions") from error
        if not choices:
            raise SamplerFailed(f"{self._http.base_url}: the reply has no choices")
        return choices

    def _post(self, body: dict[str, Any]) -> "list[_Choice]":
        deadline, pause = time.monotonic() + self._config.server.deadline_s, 0.5
        while True:
            try:
                response = self._http.post("chat/completions", json=body)
            except httpx.TransportError as error:
                problem = repr(error)
            else:
                if response.status_code == 200:
                    return self._choices(response)
                problem = f"status {response.status_code}: {response.text[:200]}"
                if response.status_code not in _AGAIN:
                    raise SamplerFailed(f"{self._http.base_url}: {problem}")
            if time.monotonic() + pause > deadline:
                raise SamplerFailed(f"{self._http.base_url}: {problem}")
            self._sleep(pause)
            pause = min(2 * pause, 10.0)


class _Said(BaseModel):
    content: str | None = None
    reasoning_content: str | None = None


class _Choice(BaseModel):
    message: _Said
    finish_reason: str | None = None

    @property
    def completion(self) -> Completion:
        """The text; thoughts that a server keeps apart are put back before it."""
        text, thought = self.message.content or "", self.message.reasoning_content
        whole = f"<think>{thought}</think>\n{text}" if thought else text
        return Completion(whole, self.finish_reason == "length")


class _Reply(BaseModel):
    choices: list[_Choice]
