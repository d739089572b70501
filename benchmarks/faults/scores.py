"""Scores with an identity each, sent by many at once and again until they are acknowledged; and the count after."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from envserver.store.database import Database
from envserver.store.reading import all_rollouts
from envserver.wire import RolloutQuery, RunContext, ScoreItem
from generators.families import problem
from trainer_client.client import EnvClient

RUN = "faults"
_PROBLEM = "matrix_inverse@1/bound=40,kind=shear,n=2/train/{}/bare"
_PROBLEMS = 200


@dataclass
class Load:
    """So many scores, one request each; `acknowledged` holds what was answered so far, by slot."""

    scores: int
    at_once: int
    acknowledged: dict[int, str] = field(default_factory=dict)
    _half: threading.Event = field(default_factory=threading.Event)

    def items(self) -> list[ScoreItem]:
        """Return every item; half of them are right."""
        ids = [_PROBLEM.format(seed) for seed in range(_PROBLEMS)]
        right = [problem(id).reveal("answer") for id in ids]
        return [
            ScoreItem(
                id=ids[slot % _PROBLEMS],
                completion=right[slot % _PROBLEMS] if slot % 2 else f"1,0;0,{slot}",
                slot=slot,
            )
            for slot in range(self.scores)
        ]

    def send(self, url: str, meanwhile: Callable[[], None] = lambda: None, deadline_s: float = 300.0) -> None:
        """Send what is not acknowledged; `meanwhile` runs once half of it is. Raises what the client raises."""
        context = RunContext(run=RUN, phase="train", generation=0)
        left = [item for item in self.items() if item.slot not in self.acknowledged]
        half = len(self.acknowledged) + len(left) // 2

        def one(item: ScoreItem) -> None:
            [verdict] = client.score([item], run=context)
            self.acknowledged[item.slot] = verdict.outcome
            if len(self.acknowledged) >= half:
                self._half.set()

        with EnvClient(url, deadline_s) as client, ThreadPoolExecutor(self.at_once) as pool:
            sent = [pool.submit(one, item) for item in left]
            self._half.wait(deadline_s)
            meanwhile()
            for future in sent:
                future.result()


def kept(address: str, run: str = RUN) -> Counter[int]:
    """Return how often each slot of a run is in the store."""
    database = Database(address, 10.0)
    found = Counter(one.item.slot for one in all_rollouts(database, RolloutQuery(run=run, superseded=True)))
    database.close()
    return found


def lost(acknowledged: Iterable[int], found: Counter[int]) -> list[int]:
    """Return what was acknowledged and is not there exactly once."""
    return [slot for slot in acknowledged if found[slot] != 1]
