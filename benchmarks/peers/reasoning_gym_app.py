"""reasoning-gym's REST server as it is designed: experiments in a registry, `/batch` by index, `/score` by entry id.

Its own (`tools/server`) does not start an experiment as it is published, so this is the same routes, models, middleware
and calls of its library, written anew. It has no matrix inverses; those here are a data set as its own are made: a
`random.Random(seed + index)`, an answer of text, scored by reading it.
"""

import random
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field
from reasoning_gym.coaching.base_curriculum import BaseCurriculum
from reasoning_gym.composite import CompositeConfig, CompositeDataset, DatasetSpec
from reasoning_gym.factory import ProceduralDataset, register_dataset
from reasoning_gym.version_manager import DatasetVersionManager
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

KEY = "default-dev-key"


@dataclass
class InverseConfig:
    """Of 2x2 matrices with entries up to `bound`."""

    bound: int = 9
    seed: int | None = None
    size: int = 500

    def validate(self) -> None:
        """Accept everything."""


class Inverses(ProceduralDataset):
    """Inverses of 2x2 matrices, entries as fractions."""

    def __init__(self, config: InverseConfig) -> None:
        super().__init__(config=config, seed=config.seed, size=config.size)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        stream = random.Random(self.seed + idx)
        bound = self.config.bound
        while True:
            a, b, c, d = (stream.randint(-bound, bound) for _ in range(4))
            if det := a * d - b * c:
                break
        answer = [[Fraction(d, det), Fraction(-b, det)], [Fraction(-c, det), Fraction(a, det)]]
        return {
            "question": f"Give the inverse of [[{a}, {b}], [{c}, {d}]] as a list of rows of fractions.",
            "answer": "; ".join(", ".join(map(str, row)) for row in answer),
            "metadata": {"source_dataset": "inverses", "source_index": idx, "matrix": [[a, b], [c, d]]},
        }

    def score_answer(self, answer: str | None, entry: dict[str, Any]) -> float:
        """Return 1 for the inverse."""
        try:
            rows = [[Fraction(part) for part in row.split(",")] for row in (answer or "").split(";")]
        except (ValueError, ZeroDivisionError):
            return 0.0
        right = [[Fraction(part) for part in row.split(",")] for row in entry["answer"].split(";")]
        return float(rows == right)


class InverseCurriculum(BaseCurriculum):
    """None."""

    def __init__(self) -> None:
        super().__init__(InverseCurriculum.__name__, InverseConfig)


register_dataset("inverses", Inverses, InverseConfig, InverseCurriculum)


class BatchEntry(BaseModel):
    """A question, with what its data set tells of it."""

    question: str
    entry_id: str
    metadata: dict[str, Any]


class BatchResponse(BaseModel):
    """Questions."""

    entries: list[BatchEntry]


class AnswerItem(BaseModel):
    """An answer to one of them."""

    entry_id: str
    answer: str


class ScoringRequest(BaseModel):
    """Answers."""

    answers: list[AnswerItem] = Field(...)


class ScoringResponse(BaseModel):
    """Their scores."""

    scores: list[float]
    entry_ids: list[str]


class KeyMiddleware(BaseHTTPMiddleware):
    """Asks for the key, as theirs does."""

    async def dispatch(self, request: Request, call_next: Any) -> Response:
        if request.url.path != "/health" and request.headers.get("X-API-Key") != KEY:
            return JSONResponse({"detail": "no key"}, 401)
        return await call_next(request)


app = FastAPI(title="Reasoning Gym Server")
app.add_middleware(KeyMiddleware)
_experiments = {
    name: CompositeDataset(
        CompositeConfig(size=10**9, seed=42, datasets=[DatasetSpec(name=name, weight=1.0, config={})]),
        DatasetVersionManager(),
    )
    for name in ("inverses", "chain_sum")
}


def _experiment(name: str) -> CompositeDataset:
    if name not in _experiments:
        raise HTTPException(status_code=404, detail="no such experiment")
    return _experiments[name]


@app.get("/health")
async def health() -> dict[str, str]:
    """Say that it lives."""
    return {"status": "healthy"}


@app.get("/experiments/{name}/batch", response_model=BatchResponse)
async def batch(name: str, base_index: int, batch_size: int) -> BatchResponse:
    """Return questions by index."""
    dataset = _experiment(name)
    entries = []
    for at in range(base_index, base_index + batch_size):
        entry = dataset[at]
        id = f"{entry['metadata']['version_id']}.{at}"
        entries.append(BatchEntry(question=entry["question"], entry_id=id, metadata=entry["metadata"]))
    return BatchResponse(entries=entries)


@app.post("/experiments/{name}/score", response_model=ScoringResponse)
async def score(name: str, request: ScoringRequest) -> ScoringResponse:
    """Score answers by the id of their question."""
    dataset = _experiment(name)
    scores = [dataset.score_answer_with_id(item.answer, item.entry_id) for item in request.answers]
    return ScoringResponse(scores=scores, entry_ids=[item.entry_id for item in request.answers])
