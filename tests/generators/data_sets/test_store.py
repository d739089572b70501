"""Data sets as they come: broken, repeated, misnamed, of another encoding, large; read once, then opened."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generators.data_sets import store as module
from generators.data_sets.errors import BadDataSet
from generators.data_sets.rows import Row, Source
from generators.data_sets.store import RowStore, opened
from generators.splits import split_of


def write(file: Path, rows: list[Any]) -> Path:
    """Write rows as JSON Lines; bytes are written as they are."""
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    return file


def rows(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"question": f"What is {i} plus {i}?", "answer": 2 * i} for i in range(start, start + count)]


def source(path: Path, **given: Any) -> Source:
    return Source("mine", path=str(path), **{"answers": "number", **given})


def all_rows(store: RowStore) -> dict[str, list[Row]]:
    return {split: list(store.rows(split)) for split in ("train", "dev", "test")}


def test_one_file_is_split_by_content(tmp_path: Path) -> None:
    store = opened(source(write(tmp_path / "a.jsonl", rows(400))), tmp_path / "cache")
    assert store.official == ["train"]
    assert sum(store.sizes.values()) == 400
    for split, found in all_rows(store).items():
        assert found
        assert all(split_of(row.content) == split for row in found)


def test_official_splits_are_kept_and_dev_is_hashed_out_of_train(tmp_path: Path) -> None:
    write(tmp_path / "set" / "train.jsonl", rows(300))
    write(tmp_path / "set" / "test.jsonl", rows(50, 1_000))
    store = opened(source(tmp_path / "set"), tmp_path / "cache")
    assert store.official == ["test", "train"]
    assert store.sizes["test"] == 50
    assert store.sizes["train"] + store.sizes["dev"] == 300
    assert all(split_of(row.content) == "dev" for row in store.rows("dev"))
    assert all(split_of(row.content) != "dev" for row in store.rows("train"))


def test_an_official_dev_split_is_the_only_one(tmp_path: Path) -> None:
    for name, at in (("train", 0), ("validation", 500), ("test", 900)):
        write(tmp_path / "set" / f"{name}-00000-of-00001.jsonl", rows(60, at))
    store = opened(source(tmp_path / "set"), tmp_path / "cache")
    assert store.sizes == {"train": 60, "dev": 60, "test": 60}


def test_what_is_in_test_too_is_left_out_of_train_and_repetitions_count_once(tmp_path: Path) -> None:
    again = [{"question": "what is  3 PLUS 3?", "answer": 6}]  # but for case and white space
    write(tmp_path / "set" / "train.jsonl", rows(10) + rows(5) + rows(4, 100))
    write(tmp_path / "set" / "test.jsonl", rows(2, 100) + again)
    store = opened(source(tmp_path / "set"), tmp_path / "cache")
    assert store.left_out == {"repeated": 4, "in test too": 4}
    contents = [row.content for found in all_rows(store).values() for row in found]
    assert len(contents) == len(set(contents)) == 14


def test_the_same_choices_in_another_order_are_the_same_problem(tmp_path: Path) -> None:
    def row(*choices: str) -> dict[str, Any]:
        return {"question": "Which city?", "choices": choices, "answer": "Rome"}

    write(tmp_path / "set" / "train.jsonl", [row("Paris", "Rome"), row("Oslo", "Rome")])
    write(tmp_path / "set" / "test.jsonl", [row("Rome", "Paris")])
    store = opened(source(tmp_path / "set", answers="choice"), tmp_path / "cache")
    assert store.left_out == {"in test too": 1}


def test_a_file_named_after_a_split_is_that_split(tmp_path: Path) -> None:
    store = opened(source(write(tmp_path / "test.jsonl", rows(40))), tmp_path / "cache")
    assert store.sizes == {"train": 0, "dev": 0, "test": 40}


def test_what_a_set_has_no_files_of_is_hashed_out_of_train(tmp_path: Path) -> None:
    write(tmp_path / "set" / "train.jsonl", rows(300))
    write(tmp_path / "set" / "validation.jsonl", rows(30, 900))
    store = opened(source(tmp_path / "set"), tmp_path / "cache")
    assert store.sizes["dev"] == 30
    assert all(split_of(row.content) == "test" for row in store.rows("test"))
    assert store.sizes["test"] + store.sizes["train"] == 300


def test_a_split_that_is_named_must_be_there(tmp_path: Path) -> None:
    write(tmp_path / "set" / "train.jsonl", rows(3))
    write(tmp_path / "set" / "Test_set.jsonl", rows(3, 50))
    with pytest.raises(BadDataSet, match=r"holds no file named 'tset'; it has: Test_set.jsonl, train.jsonl"):
        opened(source(tmp_path / "set", splits={"train": "train", "test": "tset"}), tmp_path / "cache")
    assert opened(source(tmp_path / "set"), tmp_path / "cache").sizes["test"] == 3


def test_another_answer_to_the_same_question_is_counted_apart(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", [*rows(5), {**rows(1)[0], "answer": 7}, rows(1)[0]])
    assert opened(source(file), tmp_path / "cache").left_out == {"repeated": 1, "repeated with another answer": 1}


BROKEN = [
    (b'{"question": "a", "answer": ', "not JSON"),
    (b"[1, 2]", "not a JSON object"),
    (b'{"question": "\xff", "answer": 1}', "not UTF-8 at byte 15"),
    (b'{"question": "a"}', "there is no column 'answer' (there are: question)"),
    (b'{"qestion": "a", "answer": 1}', "there is no column 'question' (there are: qestion, answer)"),
    (b'{"question": 5, "answer": 1}', "question is not a text"),
    (b'{"question": " ", "answer": 1}', "the question is empty"),
    (b'{"question": "a", "answer": "many"}', "the answer is not a number"),
    (b'{"question": "a", "answer": NaN}', "not JSON: NaN is no number"),
    (b'{"question": "a", "answer": 1e400}', "answer is not a text or a number"),
    (b'{"question": "a", "answer": null}', "answer is not a text or a number"),
    (b'{"question": "\\ud800", "answer": 1}', "a text holds half of a surrogate pair or a NUL"),
    (b'{"question": "' + b"x" * 33_000 + b'", "answer": 1}', "a text is longer than 32,000 characters"),
    (b'{"question": "' + b"x" * (5 * 2**20) + b'", "answer": 1}', "the line is longer than"),
    (b"[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize(("line", "says"), BROKEN, ids=[says for _, says in BROKEN])
def test_broken_rows_are_named_and_may_be_skipped(tmp_path: Path, line: bytes, says: str) -> None:
    file = write(tmp_path / "a.jsonl", [*rows(3), line, *rows(3, 10)])
    with pytest.raises(BadDataSet) as caught:
        opened(source(file), tmp_path / "cache")
    assert f"mine: 1 rows cannot be used: a.jsonl line 4: {says}" in str(caught.value)
    assert "skip_broken" in str(caught.value)
    assert len(str(caught.value)) < 500
    store = opened(source(file, skip_broken=True), tmp_path / "cache")
    assert sum(store.sizes.values()) == 6
    assert store.left_out == {"broken": 1}


def test_many_broken_rows_are_counted_and_some_quoted(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", [*rows(1), *[b"{"] * 50])
    with pytest.raises(BadDataSet, match=r"50 rows cannot be used: a.jsonl line 2: .*; and 47 more"):
        opened(source(file), tmp_path / "cache")


def test_a_wrong_column_is_told_without_reading_it_all(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", [{"prompt": f"{i}", "answer": i} for i in range(5_000)])
    with pytest.raises(BadDataSet, match="no column 'question'") as caught:
        opened(source(file), tmp_path / "cache")
    assert "100 rows" in str(caught.value)
    named = opened(source(file, columns={"question": "prompt"}), tmp_path / "cache")
    assert sum(named.sizes.values()) == 5_000


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.txt", "x", "a set is read from files ending in"),
        ("a.json", "{}", "not a JSON list"),
        ("a.json", "[", "not JSON"),
        ("a.parquet", "PAR1", "not a Parquet file"),
        ("a.jsonl", "", "there is no usable row"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadDataSet, match=says):
        opened(source(tmp_path / name), tmp_path / "cache")


def test_places_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadDataSet, match="there is no file or folder"):
        opened(source(tmp_path / "nowhere"), tmp_path / "cache")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadDataSet, match="holds no train, dev or test file"):
        opened(source(tmp_path / "empty"), tmp_path / "cache")


def test_csv_json_and_parquet_hold_the_same(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    found = [{"question": f"What is {i} plus 1, \u00e9?", "answer": str(i + 1)} for i in range(80)]
    write(tmp_path / "a.jsonl", found)
    (tmp_path / "a.json").write_text(json.dumps(found))
    lines = [f'"{row["question"]}",{row["answer"]}' for row in found]
    (tmp_path / "a.csv").write_text("\ufeffquestion,answer\n" + "\n".join(lines), encoding="utf-8")
    parquet.write_table(pyarrow.Table.from_pylist(found), tmp_path / "a.parquet")
    prints = {
        opened(source(tmp_path / f"a.{end}"), tmp_path).fingerprint for end in ("jsonl", "json", "csv", "parquet")
    }
    assert len(prints) == 1


def test_a_fingerprint_is_of_the_rows_and_not_of_the_file(tmp_path: Path) -> None:
    first = opened(source(write(tmp_path / "a.jsonl", rows(20))), tmp_path).fingerprint
    spaced = [json.dumps(row).replace(":", " : ").encode() for row in rows(20)]
    assert opened(source(write(tmp_path / "b.jsonl", [b"", *spaced])), tmp_path).fingerprint == first
    changed = rows(20)
    changed[7]["answer"] = 15
    assert opened(source(write(tmp_path / "c.jsonl", changed)), tmp_path).fingerprint != first
    assert opened(source(write(tmp_path / "d.jsonl", rows(20)), answers="text"), tmp_path).fingerprint != first


def test_a_cache_is_used_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 0)
    file = write(tmp_path / "a.jsonl", rows(200))
    first = opened(source(file), tmp_path / "cache")
    monkeypatch.setattr(module, "_filled", _unreachable)
    again = opened(source(file), tmp_path / "cache")
    assert again.fingerprint == first.fingerprint
    assert all_rows(again) == all_rows(first)
    write(file, rows(201))
    with pytest.raises(AssertionError):
        opened(source(file), tmp_path / "cache")


def _unreachable(*given: Any) -> Any:
    raise AssertionError("the set is read again")


@pytest.mark.parametrize("damage", [b"", b"no database at all", b"SQLite format 3\0" + bytes(5_000)])
def test_a_damaged_cache_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 0)
    folder = tmp_path / "c%41?#"  # and a folder whose name means something in an address
    file = write(tmp_path / "a.jsonl", rows(100))
    before = opened(source(file), folder).fingerprint
    [cached] = folder.iterdir()
    cached.write_bytes(damage)
    assert opened(source(file), folder).fingerprint == before
    assert list(folder.iterdir()) == [cached]


def test_a_reading_that_fails_leaves_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 0)
    with pytest.raises(BadDataSet):
        opened(source(write(tmp_path / "a.jsonl", [*rows(10), b"{"])), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 0)
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(BadDataSet, match="set ECHELON_CACHE"):
        opened(source(write(tmp_path / "a.jsonl", rows(10))), tmp_path / "cache")


def test_many_rows_take_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short form of the million rows of `make bench-data`: what is kept in memory does not grow with the rows."""
    monkeypatch.setattr(module, "_IN_MEMORY", 0)
    file = tmp_path / "a.jsonl"
    with file.open("w") as out:
        out.writelines(json.dumps(row) + "\n" for row in _generated(40_000))
    tracemalloc.start()
    store = opened(source(file), tmp_path / "cache")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(store.sizes.values()) == 40_000
    assert peak < 4 * 2**20
    assert store.rows("train")[-1:][0].answer == store.rows("train")[store.sizes["train"] - 1].answer


def _generated(count: int) -> Iterator[dict[str, Any]]:
    for i in range(count):
        yield {"question": f"A long enough question about the number {i}, asked once and only once?", "answer": i}


def test_rows_are_chosen_by_their_steps(tmp_path: Path) -> None:
    made = [
        {"question": f"q{i}", "answer": "\n".join(f"<<{j}+1={j + 1}>>" for j in range(i % 5)) + f"\n#### {i}"}
        for i in range(300)
    ]
    store = opened(Source("mine", "gsm8k", str(write(tmp_path / "a.jsonl", made))), tmp_path)
    some = store.with_steps("train", 2, 3)
    assert 0 < len(some) < store.sizes["train"]
    assert {row.steps for row in some} == {2, 3}
    assert {row.worked for row in store.with_steps("train", 1, 1)} == {""}


def test_a_question_with_more_accepted_answers_is_the_same_question(tmp_path: Path) -> None:
    asked = [f"What is the capital of country {i}?" for i in range(300)]
    found = [{"question": q, "answer": a} for q in asked for a in ("Paris", ["Paris", "City of Paris"])]
    store = opened(source(write(tmp_path / "a.jsonl", found), answers="text"), tmp_path / "cache")
    met = [row.question for split in all_rows(store).values() for row in split]
    assert len(met) == len(set(met)) == 300
    assert sum(store.left_out.values()) == 300
