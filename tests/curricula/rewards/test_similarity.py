"""Similarity to a worked answer, with a model of a few words made here: no download, no torch."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from curricula.errors import BadCurriculum
from curricula.reading import read_curriculum
from curricula.rewards import similarity as module
from curricula.rewards.similarity import similarity, unavailable
from generators.errors import Disabled
from generators.families import problem

STORY = "word_problem@1/bound=60,kind=story,steps=3/train/0/hashes"
WORDS = ["[UNK]", "39", "/", "3", "=", "13", "-", "26", "2", "####", "the", "answer", "is"]


def write_model(folder: Path) -> None:
    """Write a model that gives every word a direction of its own."""
    table = np.eye(len(WORDS), dtype=np.float32)
    table[0] = 0.01
    node = onnx.helper.make_node("Gather", ["table", "input_ids"], ["vectors"])
    ids = onnx.helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, ["batch", "length"])
    out = onnx.helper.make_tensor_value_info("vectors", onnx.TensorProto.FLOAT, ["batch", "length", len(WORDS)])
    graph = onnx.helper.make_graph([node], "words", [ids], [out], [onnx.numpy_helper.from_array(table, "table")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))
    vocabulary = {word: i for i, word in enumerate(WORDS)}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    write_model(tmp_path)
    monkeypatch.setenv(module.FOLDER, str(tmp_path))
    for cached in (module._model, module._reference):
        cached.cache_clear()
    yield
    for cached in (module._model, module._reference):
        cached.cache_clear()


@pytest.mark.usefixtures("model")
def test_a_worked_answer_is_alike_and_a_guess_earns_nothing() -> None:
    at = problem(STORY)
    assert similarity(at, at.reveal("worked")) == pytest.approx(1.0)
    assert all(similarity(at, guess) <= 1e-6 for guess in at.guesses.values())
    part = similarity(at, "39 / 3 = 13\n#### 13")
    assert 0 < part < 1
    assert similarity(at, "") == 0.0


@pytest.mark.usefixtures("model")
def test_what_is_alike_is_not_right() -> None:
    """The same words in another order: a shaped part is no judge, and the docs say so."""
    at = problem(STORY)
    shuffled = " ".join(reversed(at.reveal("worked").split()))
    assert similarity(at, shuffled) == pytest.approx(1.0)
    assert at.judge(shuffled).outcome != "correct"


CURRICULUM = """
name: alike
style: hashes
reward: {preset: embedding, weights: {correct: 1}}
stages: [{name: one, family: word_problem@1, params: {kind: story, steps: 3, bound: 60}}]
"""


@pytest.mark.usefixtures("model")
def test_a_curriculum_may_ask_for_it_where_there_is_a_model() -> None:
    assert read_curriculum(CURRICULUM).reward.names == {"similarity", "correct"}


def test_and_is_refused_with_the_reason_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(module.FOLDER, raising=False)
    assert "ECHELON_EMBEDDING" in unavailable()
    with pytest.raises(BadCurriculum, match="ECHELON_EMBEDDING"):
        read_curriculum(CURRICULUM)
    with pytest.raises(Disabled, match="ECHELON_EMBEDDING"):
        similarity(problem(STORY), "13")
    monkeypatch.setenv(module.FOLDER, str(tmp_path))
    assert "model.onnx" in unavailable()
