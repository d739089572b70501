"""An OpenEnv episode: a problem and what was said to it; judged by `/score`'s judge, once."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool

from envserver import wire
from envserver.errors import Invalid
from envserver.judging import Judge
from envserver.protocols.openenv_wire import Answer, EpisodeState, Observed, Posed, Reset
from envserver.service import Service
from generators.ids import MAX_SEED


@dataclass
class Session:
    """One connection's episode; there is none before the first reset."""

    service: Service
    judge: Judge
    state: EpisodeState = field(default_factory=EpisodeState)
    stage: str | None = None
    curriculum: str | None = None
    actions: list[str] = field(default_factory=list)

    def reset(self, asked: Reset) -> Observed:
        """Pose a problem; raises what `/sample` raises."""
        curriculum = asked.curriculum or (None if asked.family else self.service.first)
        posed = self._posed(asked, curriculum)
        if posed.error is not None:
            raise Invalid(posed.error.message)
        self.state = EpisodeState(episode_id=asked.episode_id or secrets.token_hex(8), problem_id=posed.id)
        self.stage, self.curriculum, self.actions = posed.stage, curriculum if posed.stage else None, []
        seen = Posed(prompt=posed.prompt, messages=posed.messages, problem_id=posed.id, turns_left=posed.max_turns)
        return Observed(
            observation=seen, reward=None, done=False, metadata={"curriculum": self.curriculum, "stage": posed.stage}
        )

    async def step(self, action: Answer) -> Observed:
        """Take an answer, or a turn; raises `Invalid` where no episode is on, and `Unjudged`."""
        id = self.state.problem_id
        if id is None:
            raise Invalid("reset first: there is no episode")
        if self.state.done:
            raise Invalid("the episode is over; it is judged once: reset")
        if action.problem_id not in (None, id) or action.out_of_session:
            raise Invalid("within a session the problem and what was said before are known")
        said = [*self.actions, action.answer]
        # A problem may have to be drawn by another process: never on the event loop.
        played, several = await run_in_threadpool(self._played, id, said)
        if played.error is not None:
            raise Invalid(played.error.message)
        reward, told = 0.0, dict[str, Any]()
        if played.over:
            reward, told = await self._judged(id, said, several)
        self.actions = said
        self.state = self.state.model_copy(update={"step_count": self.state.step_count + 1, "done": played.over})
        seen = Posed(prompt=played.observations[-1], problem_id=id, turns_left=played.turns_left)
        return Observed(observation=seen, reward=reward, done=played.over, metadata=told)

    def _played(self, id: str, said: list[str]) -> tuple[wire.PlayedOut, bool]:
        """Return what is seen after these turns, and whether the problem has several of them."""
        several = self.service.problem(id).max_turns > 1
        return self.service.played(wire.PlayItem(id=id, actions=list(said))), several

    def _posed(self, asked: Reset, curriculum: str | None) -> wire.ProblemOut:
        if asked.problem_id is not None:
            return self.service.problem(asked.problem_id)
        if asked.seed is None and asked.split != "train":
            raise Invalid(f"{asked.split} problems are a pool: say the seed, which counts them from 0")
        slot = secrets.randbelow(MAX_SEED) if asked.seed is None else asked.seed
        request = wire.SampleRequest(
            curriculum=curriculum,
            stage=asked.stage or (self.service.curriculum(curriculum).stages[0].name if curriculum else None),
            family=asked.family,
            params=asked.params,
            split=asked.split,
            style=asked.style,
            slots=[slot],
        )
        return self.service.sample(request, may_reveal=False).problems[0]

    async def _judged(self, id: str, said: list[str], several: bool) -> tuple[float, dict[str, Any]]:
        answer: dict[str, Any] = {"actions": said} if several else {"completion": said[-1]}
        item = wire.ScoreItem(id=id, stage=self.stage, **answer)
        verdict, reward = await self.judge.rewarded(item, self.curriculum)
        told = verdict.model_dump(include={"outcome", "components", "parts", "flags", "reason", "answer_key"})
        return reward, told
