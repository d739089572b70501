"""An endpoint that speaks the chat protocol of OpenAI: vLLM, llama.cpp, SGLang, or a provider."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
from pydantic import BaseModel, ValidationError

from trainer_client.answers.decoding import Completion
from trainer_client.errors import BadConfig, SamplerFailed

KEY = "ECHELON_ENDPOINT_KEY"
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
_AT_ONCE = 16  # requests in flight


@dataclass(frozen=True)
class Chat:
    """What is asked: messages, and how many completions of them."""

    messages: Sequence[Mapping[str, str]]
    temperature: float
    max_tokens: int
    n: int = 1


class Endpoint:
    """Completes conversations, or raises `SamplerFailed`. `transport` and `sleep` are doors for tests."""

    def __init__(
        self,
        url: str,
        model: str,
        deadline_s: float,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        self.model = model
        self.extra = dict(extra or {})
        """What this server takes beside OpenAI's fields, and is to be told."""
        self._deadline_s = deadline_s
        self._sleep = sleep
        key = os.environ.get(KEY) or os.environ.get("OPENAI_API_KEY")
        if key and not key.isascii():
            raise BadConfig(f"{KEY} is not ASCII")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url.rstrip("/") + "/", headers=headers, timeout=600.0, transport=transport)

    def complete(self, asked: Sequence[Chat]) -> list[list[Completion]]:
        """Return the completions of each conversation, in order."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self._completions, asked))

    def _completions(self, chat: Chat) -> list[Completion]:
        """Return so many completions; servers that give fewer than asked for at once are asked again."""
        found: list[Completion] = []
        while len(found) < chat.n:
            body = {
                "model": self.model,
                "messages": list(chat.messages),
                "temperature": chat.temperature,
                "top_p": 1.0,  # else a model's own settings may cut the distribution
                **self.extra,
                "max_tokens": chat.max_tokens,
                "n": chat.n - len(found),
            }
            found += self._post(body)
        return found[: chat.n]

    def _post(self, body: Mapping[str, object]) -> list[Completion]:
        deadline, pause = time.monotonic() + self._deadline_s, 0.5
        while True:
            try:
                response = self._http.post("chat/completions", json=body)
            except httpx.TransportError as error:
                problem = repr(error)
            else:
                if response.status_code == 200:
                    return self._read(response)
                problem = f"status {response.status_code}: {response.text[:200]}"
                if response.status_code not in _AGAIN:
                    raise SamplerFailed(f"{self._http.base_url}: {problem}")
            if time.monotonic() + pause > deadline:
                raise SamplerFailed(f"{self._http.base_url}: {problem}")
            self._sleep(pause)
            pause = min(2 * pause, 10.0)

    def _read(self, response: httpx.Response) -> list[Completion]:
        try:
            reply = _Reply.model_validate_json(response.content)
        except ValidationError as error:
            raise SamplerFailed(f"{self._http.base_url}: not a reply of /chat/completions") from error
        if not reply.choices:
            raise SamplerFailed(f"{self._http.base_url}: the reply has no choices")
        tokens = reply.usage.completion_tokens if reply.usage and len(reply.choices) == 1 else None
        return [choice.completion(tokens) for choice in reply.choices]


class _Said(BaseModel):
    content: str | None = None
    reasoning_content: str | None = None


class _Choice(BaseModel):
    message: _Said
    finish_reason: str | None = None

    def completion(self, tokens: int | None) -> Completion:
        """Return the text; thoughts that a server keeps apart are put back before it."""
        text, thought = self.message.content or "", self.message.reasoning_content
        whole = f"<think>{thought}</think>\n{text}" if thought else text
        return Completion(whole, self.finish_reason == "length", len(whole) if tokens is None else tokens)


class _Usage(BaseModel):
    completion_tokens: int | None = None


class _Reply(BaseModel):
    choices: list[_Choice]
    usage: _Usage | None = None
