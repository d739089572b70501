"""Episodes played by a model: each turn is one generation and one `/play` for the whole batch, token for token.

What was sampled is what is trained: tokens are never decoded and encoded again. What the environment says is put
behind them and masked out of the loss. A question of one turn is an episode too, and asks for no `/play`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from envserver.wire import PlayItem, ProblemOut, ScoreItem
from trainer_client.client import EnvClient
from trainer_client.errors import BadConfig
from trainer_client.loading.models import Prompt, prompt_of, prompt_tokens
from trainer_client.sampling.session import Ids, Spoken

Generate = Callable[[list[Ids]], list[Spoken]]
"""From token ids to what follows them; each row ends with an end token, or was cut off."""

Done = Callable[["Rollout"], None]
"""Told of an episode that has come to its end, while others may go on."""

_SPOKEN = "XyZzY-action"  # an assistant's turn in a rendered dummy conversation


@dataclass(frozen=True)
class Budget:
    """Tokens that one turn may sample, and that an episode may hold behind its question, replies included."""

    turn: int
    episode: int


@dataclass
class Rollout:
    """One episode: the tokens behind its question, which of them were sampled, and the actions they spell."""

    problem: ProblemOut
    prompt: list[int]
    tokens: list[int] = field(default_factory=list)
    sampled: list[int] = field(default_factory=list)
    logps: list[float] = field(default_factory=list)
    """How likely each token was, 0 where it was not sampled; fewer than tokens where the sampler did not say."""
    actions: list[str] = field(default_factory=list)
    number: int = 0
    """Its place among those that are played together."""
    cut: bool = False
    """A limit of tokens ended it: in the middle of a turn, or because no further one would fit."""

    def said(self, ids: Sequence[int], logps: Sequence[float] | None = None) -> None:
        """Put tokens behind the others; only those with log-probabilities, which may be unknown, were sampled."""
        self.tokens += ids
        self.sampled += [int(logps is not None)] * len(ids)
        self.logps += [0.0] * len(ids) if logps is None else logps

    def took(self, turn: Spoken, room: int, ends: Collection[int], tokenizer: PreTrainedTokenizerBase) -> None:
        """Record a turn, up to `room` tokens of it; of an episode, one that does not come to its end is no action."""
        ids = turn.ids[:room]
        self.said(ids, turn.logps[:room])
        ended = bool(ids) and ids[-1] in ends
        text = str(tokenizer.decode(ids[:-1] if ended else ids, skip_special_tokens=True))
        if ended or self.problem.max_turns == 1:
            self.actions.append(text)
        self.cut = not ended

    def item(self, sample: int = 0) -> ScoreItem:
        """Return what is judged: the answer to a question, or the actions of an episode."""
        place: dict[str, Any] = {"id": self.problem.id, "stage": self.problem.stage, "slot": self.problem.slot or 0}
        place |= {"sample": sample, "tokens": sum(self.sampled), "truncated": self.cut}
        if self.problem.max_turns == 1:
            return ScoreItem(completion="".join(self.actions), **place)
        return ScoreItem(actions=[*self.actions], **place)


class Player:
    """Plays batches of problems with one way to generate."""

    def __init__(
        self, client: EnvClient, tokenizer: PreTrainedTokenizerBase, ends: Sequence[int], budget: Budget
    ) -> None:
        self.client = client
        self.tokenizer = tokenizer
        self.ends = frozenset(ends)
        self.budget = budget
        self.failure: Exception | None = None
        """What kept the server from answering; the episodes that waited for it are cut off."""

    def play(
        self,
        problems: Sequence[ProblemOut],
        generate: Generate,
        going: Callable[[bool], bool] = bool,
        done: Done | None = None,
    ) -> list[Rollout]:
        """Play every problem to its end, in order.

        `going` is asked before every turn, with whether anything is left to do here; where ranks generate together it
        says whether any has something left, so that all make the same number of calls. A rank without anything left
        then generates for its first prompt, and throws it away.
        """
        rollouts = [
            Rollout(problem, prompt_tokens(prompt_of(problem, self.tokenizer), self.tokenizer), number=number)
            for number, problem in enumerate(problems)
        ]
        if any(not isinstance(prompt_of(problem, self.tokenizer), str) for problem in problems):
            reply_tokens(self.tokenizer, "?", chat=True)  # a template that will not do is refused before any rank waits
        live = rollouts
        while going(bool(live)):
            rows = generate([one.prompt + one.tokens for one in live] or [rollouts[0].prompt])
            for rollout, turn in zip(live, rows, strict=False):
                room = min(self.budget.turn, self.budget.episode - len(rollout.tokens))
                rollout.took(turn, room, self.ends, self.tokenizer)
            before, live = live, self._answered([one for one in live if not one.cut and one.problem.max_turns > 1])
            if done is not None and self.failure is None:
                going_on = {one.number for one in live}
                for rollout in before:
                    if rollout.number not in going_on:
                        done(rollout)
        return rollouts

    def _answered(self, rollouts: list[Rollout]) -> list[Rollout]:
        """Ask what came of the turns, in one request, and return the episodes that go on."""
        if not rollouts:
            return []
        try:
            replies = self.client.play([PlayItem(id=one.problem.id, actions=[*one.actions]) for one in rollouts])
        except Exception as error:  # any at all: other ranks go on generating, and wait for this one to say so
            self.failure = error
            return []
        going = []
        for rollout, reply in zip(rollouts, replies, strict=True):
            if reply.over:
                continue
            chat = not isinstance(prompt_of(rollout.problem, self.tokenizer), str)
            ids = _behind(rollout.tokens[-1], reply_tokens(self.tokenizer, reply.observations[-1], chat))
            if len(rollout.tokens) + len(ids) >= self.budget.episode:
                rollout.cut = True  # there would be no room for a turn behind it
                continue
            rollout.said(ids)
            going.append(rollout)
        return going


def reply_tokens(tokenizer: PreTrainedTokenizerBase, observation: str, chat: bool) -> list[int]:
    """Return the tokens between what is said in one turn and the beginning of the next.

    In a chat these are what the template puts there: the end of the assistant's message, the observation as the
    user's, and the beginning of the next one. What was said stays as it was sampled, thoughts included, also where
    the template would leave them out of a conversation that is rendered anew. Raises `BadConfig` for a template that
    has no place for it.
    """
    text = _between(tokenizer, observation) if chat else observation
    return list(tokenizer(text=text, add_special_tokens=False)["input_ids"])


def _between(tokenizer: PreTrainedTokenizerBase, observation: str) -> str:
    said = [("user", "?"), ("assistant", _SPOKEN), ("user", observation)]
    messages = [{"role": role, "content": content} for role, content in said]
    try:
        rendered = str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
    except TemplateError as error:
        raise BadConfig(
            f"the chat template of this tokenizer refuses a conversation of several turns: {error}"
        ) from error
    _, spoken, rest = rendered.rpartition(_SPOKEN)
    if not spoken or observation not in rest:
        raise BadConfig(
            "the chat template of this tokenizer leaves out what was said before: episodes need one that adds"
        )
    return rest


def _behind(last: int, between: list[int]) -> list[int]:
    """Return what follows a turn: the token that ends it was sampled already, where it is the template's own."""
    return between[1:] if between[:1] == [last] else between


def example_tokens(
    problem: ProblemOut,
    observations: Sequence[str],
    actions: Sequence[str],
    tokenizer: PreTrainedTokenizerBase,
    ends: Sequence[int],
) -> Rollout:
    """Return an episode that was played elsewhere, as if its actions had been sampled; `observations` as `/play`'s.

    A turn ends with the template's own token, where that is one of `ends`, at which generation stops.
    """
    prompt: Prompt = prompt_of(problem, tokenizer)
    chat = not isinstance(prompt, str)
    rollout = Rollout(problem, prompt_tokens(prompt, tokenizer))
    between = [reply_tokens(tokenizer, observation, chat) for observation in observations[1 : len(actions)]]
    end = int(tokenizer.eos_token_id)
    if chat and (first := reply_tokens(tokenizer, "?", chat)[0]) in ends:
        end = first
    for at, action in enumerate(actions):
        rollout.said([*tokenizer(text=action, add_special_tokens=False)["input_ids"], end], [])
        rollout.actions.append(action)
        if at + 1 < len(actions):
            rollout.said(_behind(end, between[at]))
    return rollout
