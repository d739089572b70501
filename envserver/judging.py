"""`/score`: judged where it holds nobody up, counted, and kept before it is answered."""

from time import perf_counter, time

from anyio import CapacityLimiter

from envserver import wire
from envserver.episodes import weight
from envserver.errors import Unjudged
from envserver.http.threads import done
from envserver.metrics import Metrics
from envserver.service import Service
from envserver.store.errors import StoreError
from envserver.store.rollout import Judged
from envserver.store.store import Store


def reward_of(verdict: wire.VerdictOut) -> float:
    """Return the reward of a verdict; raises `Unjudged` where it has none."""
    if verdict.reward is None:
        raise Unjudged(verdict.error.message if verdict.error else "the answer could not be judged")
    return verdict.reward


class Judge:
    """The only judge, and the only one who writes rollouts; without a store nothing is kept, and the reply says so."""

    def __init__(self, service: Service, store: Store | None, metrics: Metrics, threads: CapacityLimiter) -> None:
        self._service = service
        self._store = store
        self._metrics = metrics
        self._threads = threads

    async def score(self, asked: wire.ScoreRequest) -> wire.ScoreReply:
        """Return a verdict per item; raises `StoreUnavailable` where they should be kept and are not."""
        came = perf_counter()

        def judged() -> wire.ScoreReply:
            queued = perf_counter() - came
            reply = self._service.score(asked, queued)
            self._metrics.judged(reply.verdicts, queued)
            return reply

        waits = self._service.waits(asked)
        reply = await done(judged, 0 if waits else weight(asked.items), self._threads, waits)
        if asked.run is None or self._store is None:
            return reply
        try:
            return await self._kept(asked, asked.run, reply, self._store)
        except StoreError:
            self._metrics.not_kept()
            raise

    async def rewarded(self, item: wire.ScoreItem, curriculum: str | None) -> tuple[wire.VerdictOut, float]:
        """Return the verdict on one answer, and its reward; raises `Unjudged` where it has none."""
        verdict = (await self.score(wire.ScoreRequest(items=[item], curriculum=curriculum))).verdicts[0]
        return verdict, reward_of(verdict)

    async def _kept(
        self, asked: wire.ScoreRequest, run: wire.RunContext, reply: wire.ScoreReply, store: Store
    ) -> wire.ScoreReply:
        # What is no problem, or cannot be asked so, is no rollout: there is nothing to look at later.
        places = [at for at, one in enumerate(reply.verdicts) if one.error is None or one.error.status >= 500]
        if not places:
            return reply
        curriculum, reward = self._service.rewarded_by(asked)
        items, said = [asked.items[at] for at in places], [reply.verdicts[at] for at in places]
        judged = Judged(run, curriculum.reference if curriculum else None, reward, items, said, time())
        self._metrics.waiting(1)
        try:
            kept = await store.keep(judged)
        finally:
            self._metrics.waiting(-1)
        verdicts = list(reply.verdicts)
        for at, verdict in zip(places, kept, strict=True):
            verdicts[at] = verdict
        return wire.ScoreReply(stored=True, verdicts=verdicts)
