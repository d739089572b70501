"""Who answers held-out problems: a model loaded here, or an endpoint that speaks the chat protocol of OpenAI."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from envserver.wire import PlayItem, ProblemOut, ScoreItem
from trainer_client.answers.decoding import Decoding, end_tokens
from trainer_client.answers.endpoint import Chat, Endpoint
from trainer_client.answers.episodes import Budget, Player, Rollout
from trainer_client.answers.scored import Answer
from trainer_client.answers.thinking import Thinking, continuing, talking
from trainer_client.client import EnvClient
from trainer_client.loading.models import prompt_of, prompt_tokens
from trainer_client.sampling.session import Spoken

_MARKS = 16  # tokens of a thought's end, at most


@dataclass(frozen=True)
class Said:
    """One answer: what is judged, and what was said."""

    item: ScoreItem
    answer: Answer


class Answering(Protocol):
    """Answers every problem once, in order; temperature 0 is greedy, and `sample` tells several answers apart."""

    def answer(self, problems: Sequence[ProblemOut], temperature: float, sample: int = 0) -> list[Said]:
        """Return what was said to each problem."""


class LocalModel:
    """A model in this process."""

    def __init__(
        self,
        client: EnvClient,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        how: Decoding,
        thinking: Thinking | None = None,
    ) -> None:
        self.client = client
        self.tokenizer = tokenizer
        self.how = how
        self.ends = end_tokens(model, tokenizer)
        self.thinking = thinking
        self._model = model

    def answer(self, problems: Sequence[ProblemOut], temperature: float, sample: int = 0) -> list[Said]:
        # Seeds of samples lie far apart, because the turns of an episode count up from theirs.
        how = replace(self.how, temperature=temperature, seed=self.how.seed + 1_000_003 * sample)
        # A thought's budget comes on top of an answer's, in every turn; the marks around it are a few tokens.
        thoughts = self.thinking.tokens + _MARKS if self.thinking else 0
        turns_at_most = max((problem.max_turns for problem in problems), default=1)
        whole = max(how.max_episode, how.max_completion) + thoughts * turns_at_most
        budget = Budget(how.max_completion + thoughts, whole)
        if all(problem.max_turns == 1 for problem in problems):
            rollouts = self._asked(problems, how)
        else:
            player = Player(self.client, self.tokenizer, self.ends, budget)
            talk = talking(self._model, self.tokenizer, how, self.thinking)
            parts = [problems[at : at + how.batch] for at in range(0, len(problems), how.batch)]
            rollouts = [rollout for part in parts for rollout in player.play(part, talk)]
            if player.failure is not None:
                raise player.failure
        return [Said(rollout.item(sample), self._answer(rollout)) for rollout in rollouts]

    def _asked(self, problems: Sequence[ProblemOut], how: Decoding) -> list[Rollout]:
        """Return questions of one turn as episodes of one."""
        prompts = [prompt_tokens(prompt_of(problem, self.tokenizer), self.tokenizer) for problem in problems]
        said = continuing(self._model, self.tokenizer, self.thinking)(prompts, how)
        rollouts = []
        for problem, prompt, ids in zip(problems, prompts, said, strict=True):
            rollout = Rollout(problem, prompt)
            rollout.took(Spoken(ids, []), len(ids), self.ends, self.tokenizer)
            rollouts.append(rollout)
        return rollouts

    def _answer(self, rollout: Rollout) -> Answer:
        return Answer("\n".join(rollout.actions), sum(rollout.sampled), rollout.cut)


class RemoteModel:
    """A model behind an endpoint; its episodes are conversations that are sent again with every turn."""

    def __init__(self, client: EnvClient, endpoint: Endpoint, max_completion: int) -> None:
        self.client = client
        self.endpoint = endpoint
        self.max_completion = max_completion

    def answer(self, problems: Sequence[ProblemOut], temperature: float, sample: int = 0) -> list[Said]:
        talks = [_Talk(problem) for problem in problems]
        live = talks
        while live:
            asked = [Chat(talk.messages, temperature, self.max_completion) for talk in live]
            for talk, [completion] in zip(live, self.endpoint.complete(asked), strict=True):
                talk.said(completion.text, completion.length, completion.truncated)
            live = self._played([talk for talk in live if talk.problem.max_turns > 1 and not talk.cut])
        return [Said(talk.item(sample), Answer("\n".join(talk.actions), talk.length, talk.cut)) for talk in talks]

    def _played(self, talks: list["_Talk"]) -> list["_Talk"]:
        """Ask what came of the turns, and return the episodes that go on."""
        items = [PlayItem(id=talk.problem.id, actions=[*talk.actions]) for talk in talks]
        going = []
        for talk, reply in zip(talks, self.client.play(items) if items else (), strict=True):
            if not reply.over:
                talk.messages.append({"role": "user", "content": reply.observations[-1]})
                going.append(talk)
        return going


class _Talk:
    """One problem as a conversation."""

    def __init__(self, problem: ProblemOut) -> None:
        self.problem = problem
        self.messages = [{"role": m.role, "content": m.content} for m in problem.messages]
        self.actions: list[str] = []
        self.length = 0
        self.cut = False

    def said(self, text: str, length: int, cut: bool) -> None:
        self.messages.append({"role": "assistant", "content": text})
        self.length += length
        self.cut = cut
        if not cut or self.problem.max_turns == 1:
            self.actions.append(text)  # a turn that was cut off is no action

    def item(self, sample: int) -> ScoreItem:
        rollout = Rollout(self.problem, [], sampled=[1] * self.length, actions=self.actions, cut=self.cut)
        return rollout.item(sample)
