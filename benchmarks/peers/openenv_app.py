"""An OpenEnv environment as its documentation makes one: a question at `reset`, a reward at `step`, over `/ws`.

Runs in an environment of its own (`make .venv-openenv/.ready`): it installs more than half a gigabyte.
"""

import random
from fractions import Fraction
from typing import Any
from uuid import uuid4

from openenv.core.env_server import Action, Environment, Observation, State, create_app

_BOUND = 9


class Answer(Action):
    """The inverse, rows with `;` between them."""

    answer: str


class Question(Observation):
    """What is asked."""

    question: str = ""


class Inverses(Environment[Answer, Question, State]):
    """One 2x2 inverse an episode."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._state = State(episode_id="", step_count=0)
        self._right: list[list[Fraction]] = []

    def reset(self, seed: int | None = None, episode_id: str | None = None, **more: Any) -> Question:
        """Draw a matrix."""
        stream = random.Random(seed)
        while True:
            a, b, c, d = (stream.randint(-_BOUND, _BOUND) for _ in range(4))
            if det := a * d - b * c:
                break
        self._right = [[Fraction(d, det), Fraction(-b, det)], [Fraction(-c, det), Fraction(a, det)]]
        self._state = State(episode_id=episode_id or str(uuid4()), step_count=0)
        return Question(question=f"Give the inverse of [[{a}, {b}], [{c}, {d}]].", done=False, reward=None)

    def step(self, action: Answer, timeout_s: float | None = None, **more: Any) -> Question:
        """Score the answer."""
        self._state.step_count += 1
        try:
            rows = [[Fraction(part) for part in row.split(",")] for row in action.answer.split(";")]
        except (ValueError, ZeroDivisionError):
            rows = []
        return Question(question="", done=True, reward=float(rows == self._right))

    @property
    def state(self) -> State:
        """Where the episode is."""
        return self._state


app = create_app(Inverses, Answer, Question, env_name="inverses", max_concurrent_envs=64)
