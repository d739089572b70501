"""Completions that earn by how much likelier they make the known answer; the server's verdict is logged beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import torch

from envserver.wire import ProblemOut, RunContext, ScoreItem, VerdictOut
from trainer_client.answers.answering import Answering, LocalModel, Said
from trainer_client.answers.decoding import Decoding, continued, end_tokens
from trainer_client.answers.scored import Answer
from trainer_client.grpo.scoring import Place, Scoring
from trainer_client.likelihood.framing import Frame
from trainer_client.likelihood.leaks import leak
from trainer_client.likelihood.modes import Likelihood, ranked, rewarded
from trainer_client.likelihood.scorer import Pair, Scorer
from trainer_client.loading.models import is_bare, prompt_of, prompt_tokens
from trainer_client.reward_config import LikelihoodConfig
from trainer_client.watching.generation_log import SERVER_REWARD

_UNRANKED = float("-inf")


@dataclass(frozen=True)
class Earned:
    """What one text came to; without `given` it was refused for its `sign`, and earns the least there is."""

    reward: float
    given: Likelihood | None
    sign: str = ""


class LikelihoodScoring(Scoring):
    """Asks a frozen base about y, the revealed answer, with and without each text."""

    reveal = "answer"

    def __init__(self, config: LikelihoodConfig, scorer: Scorer, frame: Frame, how: Decoding, **scoring: Any) -> None:
        super().__init__(**scoring)
        self.config = config
        self.scorer = scorer
        self.frame = frame
        self.how = how
        self.judges_what_is_said = config.of != "help"
        self._without: dict[str, Likelihood] = {}
        self._earned: list[float | None] = []
        self._texts: Sequence[str | None] = ()

    @property
    def rewards(self) -> list[float | None]:
        return self._earned

    def score(
        self, posed: Sequence[ProblemOut], items: Sequence[ScoreItem], curriculum: str, run: RunContext, at: Place
    ) -> None:
        texts, cut = [self._text(item) for item in items], [item.truncated for item in items]
        if self.config.of == "help":
            items = self._answered(posed, items)
        super().score(posed, items, curriculum, run, at)
        found = self.earned(posed, texts, cut, at.done)
        self._earned = [None if v.reward is None else one.reward for v, one in zip(self.verdicts, found, strict=True)]
        told = zip(posed, self.verdicts, found, strict=True)
        self.verdicts = [self._with(verdict, one, self._without[p.id]) for p, verdict, one in told]
        self._texts = texts

    @property
    def logged(self) -> list[dict[str, Any]]:
        return [{**row, "text": text} for row, text in zip(super().logged, self._texts, strict=False)]

    def asked(self, posed: ProblemOut) -> ProblemOut:
        return posed if self.config.of == "thought" else asked_for_help(posed, self.config.ask)

    def answering(self, policy: LocalModel) -> Answering:
        return policy if self.config.of == "thought" else Helped(policy, self)

    def earned(
        self, posed: Sequence[ProblemOut], texts: Sequence[str | None], cut: Sequence[bool], done: float = 0.0
    ) -> list[Earned]:
        """Return what each text earns; None is a completion whose thought is not in its place."""
        told = [self._told(p, text, short) for p, text, short in zip(posed, texts, cut, strict=True)]
        refused = [sign if sign != "leak" or self.config.refuses_leaks else "" for sign in told]
        self._ask_without(posed)
        asked = [at for at, reason in enumerate(refused) if not reason]
        given = self.scorer.likelihoods([self.pair(posed[at], texts[at] or "") for at in asked])
        known = dict(zip(asked, given, strict=True))
        found = []
        for at, problem in enumerate(posed):
            if at in known:
                reward = rewarded(self.config, self._without[problem.id], known[at], done)
                found.append(Earned(reward, known[at], told[at]))
            else:
                least = _UNRANKED if self.config.mode == "rank" else float(self.config.floor)
                found.append(Earned(least, None, told[at]))
        return found

    def pair(self, problem: ProblemOut, text: str) -> Pair:
        """Return the tokens before an answer, and those of the answer with what ends it."""
        tokenizer = self.scorer.tokenizer
        framed = self.frame.before(text)
        # A blank belongs to the word behind it, or the answer would be in tokens that no text has there.
        stripped = framed.rstrip(" ")
        before = prompt_tokens(prompt_of(problem, tokenizer), tokenizer) + self.scorer.encoded(stripped)
        answer = framed[len(stripped) :] + self.answer_of(problem)
        # One token of what closes an answer, and no more: 13 is not 130, and tags that are certain tell nothing.
        end = self.scorer.encoded(self.frame.closing)[:1] or [int(tokenizer.eos_token_id)]
        return before, [*self.scorer.encoded(answer), *end]

    def answer_of(self, problem: ProblemOut) -> str:
        """Return the known answer of a problem that the server has revealed."""
        return self.frame.answer_of(problem.revealed or "")

    def answers(self, posed: Sequence[ProblemOut], texts: Sequence[str], how: Decoding) -> list[tuple[str, bool]]:
        """Return what the base answers with each text in front of it, and whether it came to an end."""
        scorer = self.scorer
        prompts = [list(self.pair(problem, text)[0]) for problem, text in zip(posed, texts, strict=True)]
        with scorer.frozen():
            found = continued(scorer.model, scorer.tokenizer, prompts, how)
        ends = end_tokens(scorer.model, scorer.tokenizer)
        # The base goes on behind an opened answer: what it says is judged as an answer without a thought.
        return [
            (self.frame.bare.rstrip(" ") + str(scorer.tokenizer.decode(ids, skip_special_tokens=True)), ids[-1] in ends)
            for ids in found
        ]

    def regrouped(self, rewards: Any, samples: int, first: int) -> Any:
        if self.config.mode != "rank":
            return rewards
        values = [None if value == _UNRANKED else value for value in rewards[:, 0].tolist()]
        places: list[float] = []
        for at in range(0, len(values), samples):
            group = values[at : at + samples]
            lost = [value is not None and isnan(value) for value in group]  # nobody could judge it
            found = ranked([None if gone else value for value, gone in zip(group, lost, strict=True)])
            places += [nan if gone else place for place, gone in zip(found, lost, strict=True)]
        own = places[first : first + len(self._earned)]
        self._earned = [None if before is None else place for before, place in zip(self._earned, own, strict=True)]
        self.verdicts = [
            v if place is None else v.model_copy(update={"parts": {"likelihood": place}})
            for v, place in zip(self.verdicts, self._earned, strict=True)
        ]
        return torch.tensor(places, dtype=rewards.dtype, device=rewards.device)[:, None]

    def _text(self, item: ScoreItem) -> str | None:
        said = item.completion if isinstance(item.completion, str) else ""
        return said if self.config.of == "help" else self.frame.thought_of(said)

    def _told(self, problem: ProblemOut, text: str | None, cut: bool) -> str:
        """Return the sign that a text shows, "" for none."""
        config = self.config
        tokens = len(self.scorer.encoded(text)) if text else 0
        if not (text or "").strip() or tokens < config.min_tokens:
            return "no_text"
        if tokens > config.max_tokens if config.max_tokens is not None else cut:
            return "too_long"
        return "leak" if leak(self.answer_of(problem), problem.prompt, text or "") else ""

    def _ask_without(self, posed: Sequence[ProblemOut]) -> None:
        """Ask once per problem of a generation how likely its answer is without any text.

        What is known from an earlier generation is not used: a resumed run would not know it, and other rows in a batch
        give other last bits.
        """
        new = {problem.id: problem for problem in posed}
        found = self.scorer.likelihoods([self.pair(problem, "") for problem in new.values()])
        self._without = dict(zip(new, found, strict=True))

    def _answered(self, posed: Sequence[ProblemOut], items: Sequence[ScoreItem]) -> list[ScoreItem]:
        """Return the items with the base's greedy answers in place of the help."""
        texts = [item.completion if isinstance(item.completion, str) else "" for item in items]
        found = self.answers(posed, texts, self.how)
        return [
            item.model_copy(update={"completion": answer, "truncated": not ended})
            for item, (answer, ended) in zip(items, found, strict=True)
        ]

    def _with(self, verdict: VerdictOut, one: Earned, without: Likelihood) -> VerdictOut:
        """Return a verdict with what the base says beside what the server says; one without a reward as it is."""
        if verdict.reward is None:
            return verdict
        more: Mapping[str, float] = {
            SERVER_REWARD: verdict.reward,
            "nats_without": without.n,
            **({"nats_with": one.given.n} if one.given else {}),
        }
        flags = [*verdict.flags, *([one.sign] if one.sign else [])]
        parts = {"likelihood": one.reward}
        return verdict.model_copy(update={"components": {**verdict.components, **more}, "parts": parts, "flags": flags})


def asked_for_help(problem: ProblemOut, ask: str) -> ProblemOut:
    """Return a problem whose question is followed by `ask` instead of the demand for an answer."""
    last = problem.messages[-1]
    question = last.model_copy(update={"content": f"{last.content}\n\n{ask}"})
    prompt = f"{problem.prompt}{ask}" if is_bare(problem) else f"{question.content}\n"
    return problem.model_copy(update={"messages": [question], "prompt": prompt})


class Helped:
    """The base, helped by the policy: what a policy that writes help is held to in looks and probes."""

    def __init__(self, policy: LocalModel, scoring: LikelihoodScoring) -> None:
        self.policy = policy
        self.scoring = scoring

    def answer(self, problems: Sequence[ProblemOut], temperature: float, sample: int = 0) -> list[Said]:
        """Return the base's greedy answers, with help that is sampled at a temperature."""
        helps = self.policy.answer([self.scoring.asked(one) for one in problems], temperature, sample)
        texts = [one.answer.text for one in helps]
        found = self.scoring.answers(problems, texts, self.scoring.how)
        return [
            Said(
                one.item.model_copy(update={"id": problem.id, "completion": text, "truncated": not ended}),
                Answer(text, one.answer.length, not ended),
            )
            for problem, one, (text, ended) in zip(problems, helps, found, strict=True)
        ]
