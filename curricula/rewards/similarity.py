"""How much a completion reads like a worked answer, by a sentence-embedding model on ONNX runtime.

The model is a folder with `model.onnx` and `tokenizer.json`, as sentence-transformers exports it: tokens in, one vector
per token out; the vectors are averaged over the tokens and brought to length 1.
"""

import os
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from generators.errors import Disabled
from generators.families import build
from generators.ids import ProblemId
from generators.problem import Problem
from generators.verdict import rescaled

FOLDER = "ECHELON_EMBEDDING"
_MAX_TOKENS = 512
_MAX_LENGTH = 16_000  # characters


def unavailable() -> str:
    """Return why nothing can be embedded in this installation, "" where it can."""
    if missing := [name for name in ("onnxruntime", "tokenizers") if find_spec(name) is None]:
        return f"it needs {' and '.join(missing)}: pip install 'echelon[embedding]'"
    folder = os.environ.get(FOLDER, "")
    if not folder:
        return f"it needs a model: {FOLDER} is a folder with model.onnx and tokenizer.json"
    if absent := [name for name in ("model.onnx", "tokenizer.json") if not (Path(folder) / name).is_file()]:
        return f"{FOLDER}={folder} has no {' and no '.join(absent)}"
    return ""


def similarity(problem: Problem, completion: str) -> float:
    """Return max(0, cosine) to a worked answer, rescaled so that the best cheap guess earns 0; raises `Disabled`."""
    if reason := unavailable():
        raise Disabled(f"similarity: {reason}")
    worked, floor = _reference(str(problem.id))
    return rescaled(max(0.0, _dot(_embedded(completion[:_MAX_LENGTH]), worked)), floor, False)


@lru_cache(maxsize=4_096)
def _reference(id: str) -> tuple[tuple[float, ...], float]:
    """Return the embedding of a problem's worked answer, and the best that a cheap guess comes to."""
    problem = build(ProblemId.parse(id))
    worked = _embedded(problem.reveal("worked"))
    floor = max((_dot(_embedded(guess), worked) for guess in problem.guesses.values()), default=0.0)
    return worked, min(1.0, max(0.0, floor))


def _dot(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _embedded(text: str) -> tuple[float, ...]:
    import numpy as np

    session, tokenizer = _model()
    encoded = tokenizer.encode(text)
    columns = {
        "input_ids": encoded.ids,
        "attention_mask": encoded.attention_mask,
        "token_type_ids": encoded.type_ids,
    }
    wanted = {put.name for put in session.get_inputs()}
    given = {name: np.array([values], dtype=np.int64) for name, values in columns.items() if name in wanted}
    vectors = session.run(None, given)[0][0]
    mask = np.array(encoded.attention_mask, dtype=np.float32)[:, None]
    mean = (vectors * mask).sum(axis=0) / max(1.0, float(mask.sum()))
    length = float(np.linalg.norm(mean))
    return tuple((mean / length).tolist()) if length else tuple(mean.tolist())


@cache
def _model() -> tuple[Any, Any]:
    """Load the model once; one thread, because several requests are embedded side by side."""
    import onnxruntime
    from tokenizers import Tokenizer

    folder = Path(os.environ[FOLDER])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(_MAX_TOKENS)
    return session, tokenizer
