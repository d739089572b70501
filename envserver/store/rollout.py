"""A scored completion as a row, and back: its identity, the body that was judged, the verdict on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from sqlalchemy import RowMapping

from curricula.rewards.reward import Reward
from envserver.store.written import read, written
from envserver.wire import ErrorBody, RunContext, ScoreItem, VerdictOut

_SIZE = 16  # bytes of a hash
_SAID = ("completion", "actions", "truncated", "tokens", "original")
_TOLD = ("components", "parts", "equivariant", "reason", "answer_key", "verify_ms", "error")
CLASH = ErrorBody(
    status=409, code="conflict", message="this run has another answer, or another reward, for this slot and sample"
)


@dataclass(frozen=True)
class Judged:
    """What one request scored: the items that are to be kept, with the verdicts on them, and what rewarded them."""

    run: RunContext
    curriculum: str | None
    reward: Reward
    items: Sequence[ScoreItem]
    verdicts: Sequence[VerdictOut]
    at: float

    @cached_property
    def reward_digest(self) -> bytes:
        """The hash of what rewarded them: a curriculum's name with its digest, and the reward written out."""
        return _hash(
            (self.curriculum or "").encode() + b"\n" + self.reward.model_dump_json(exclude_defaults=True).encode()
        )


def rows_of(judged: Judged, run_key: int, reward_key: int) -> list[dict[str, Any]]:
    """Return a row of the table `rollouts` for each item, in order."""
    run, rewarded = judged.run, judged.reward_digest
    shared = {
        "run_key": run_key,
        "reward_key": reward_key,
        "attempt": run.attempt,
        "phase": run.phase,
        "generation": run.generation,
        "at": judged.at,
    }
    return [
        {**shared, **_row(item, verdict, run, run_key, rewarded)}
        for item, verdict in zip(judged.items, judged.verdicts, strict=True)
    ]


def _row(item: ScoreItem, verdict: VerdictOut, run: RunContext, run_key: int, rewarded: bytes) -> dict[str, Any]:
    said = item.model_dump(include=set(_SAID), exclude_defaults=True)
    text = written(said)
    # By the run's key and not its name, which another run may have once this one is removed.
    where = [run_key, run.attempt, run.phase, run.generation, item.slot, item.sample, item.id]
    return {
        "identity": _hash(written(where).encode()),
        "body": _hash(rewarded + written([item.stage, text]).encode()),
        "slot": item.slot,
        "sample": item.sample,
        "problem": item.id,
        "stage": item.stage,
        "outcome": verdict.outcome,
        "reward": verdict.reward,
        "flags": "".join(f" {flag}" for flag in verdict.flags) + " " * bool(verdict.flags),
        "item": text,
        "verdict": written(verdict.model_dump(include=set(_TOLD), exclude_defaults=True)),
    }


def verdict_of(row: RowMapping) -> VerdictOut:
    """Return the verdict that a row keeps."""
    return VerdictOut(
        id=row["problem"],
        reward=row["reward"],
        outcome=row["outcome"],
        flags=row["flags"].split(),
        **read(row["verdict"]),
    )


def item_of(row: RowMapping) -> ScoreItem:
    """Return what was judged, as it was sent."""
    return ScoreItem(
        id=row["problem"],
        stage=row["stage"],
        slot=row["slot"],
        sample=row["sample"],
        **read(row["item"]),
    )


def _hash(text: bytes) -> bytes:
    return blake2b(text, digest_size=_SIZE).digest()
