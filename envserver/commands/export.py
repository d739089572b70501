"""Problems as a frozen, versioned data set: what other trainers take, with a card that says how to make it again."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from curricula.curriculum import Curriculum, Stage
from curricula.errors import EmptySlot, TestOnly
from curricula.pools import memorisable
from curricula.sampling import id_of_slot
from envserver.errors import Invalid
from generators.errors import EmptySplit
from generators.families import build
from generators.ids import Split
from generators.layouts import LAYOUTS
from generators.problem import Problem

Layout = Literal["chat", "sft", "verl"]
Container = Literal["jsonl", "parquet"]
MAX_MISSES = 2_000  # slots in a row without a new problem, until a stage is taken to have no more


@dataclass(frozen=True)
class Export:
    """What to write: so many distinct problems of each stage of one split."""

    curriculum: Curriculum
    stages: Sequence[str]
    split: Split
    each: int
    layout: Layout
    container: Container
    seed: int = 0
    style: str | None = None


def write_export(export: Export, folder: Path) -> Mapping[str, int]:
    """Write `SPLIT.jsonl` (or `.parquet`) and `card.json` into a new folder; return the problems per stage.

    Every solution is judged before it is written. Raises `Invalid`, or `TestOnly`.
    """
    if export.curriculum.test_only and export.split != "test":
        raise TestOnly(f"the curriculum {export.curriculum.name} has test problems only")
    if export.layout == "sft" and export.split != "train":
        raise Invalid("solutions to learn from are written for train problems only")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Invalid(f"{folder} is not empty: name a new folder, an export never changes")
    counts: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for name in export.stages:
        found = list(_distinct(export, export.curriculum.stage(name)))
        counts[name] = len(found)
        rows += [_LAYOUTS[export.layout](problem, name, len(rows) + at) for at, problem in enumerate(found)]
    if not rows:
        raise Invalid(f"there is no {export.split} problem in {', '.join(export.stages)}")
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / f"{export.split}.{export.container}"
    _WRITERS[export.container](rows, data)
    digest = sha256(b"".join(_line(row) for row in rows)).hexdigest()[:16]
    (folder / "card.json").write_text(json.dumps(_card(export, counts, digest), indent=2) + "\n", encoding="utf-8")
    return counts


def _distinct(export: Export, stage: Stage) -> Iterator[Problem]:
    """Yield the problems of a stage, each content once, until there are enough or no more."""
    style = export.style or export.curriculum.style
    start = stage.problem_id(export.split, 0, style)
    met: set[str] = set()
    misses = 0
    for slot in range(10 * export.each + MAX_MISSES):
        try:
            problem = build(id_of_slot(start, export.seed, slot))
        except EmptySlot:
            return
        except EmptySplit:
            misses += 1
        else:
            misses = misses + 1 if problem.content in met else 0
            if not misses:
                met.add(problem.content)
                yield problem
        if len(met) == export.each or misses > MAX_MISSES:
            return


def _messages(problem: Problem) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in problem.messages]


def _chat(problem: Problem, stage: str, index: int) -> dict[str, Any]:
    return {"id": str(problem.id), "stage": stage, "messages": _messages(problem)}


def _sft(problem: Problem, stage: str, index: int) -> dict[str, Any]:
    """A conversation with a worked solution; in the form that TRL's SFTTrainer and `warmstart` take."""
    completion = problem.reveal("worked")
    if problem.judge(completion).outcome != "correct":
        raise Invalid(f"the solution of {problem.id} is judged wrong: please report it")
    answer = {"role": "assistant", "content": completion}
    return {"id": str(problem.id), "stage": stage, "prompt": _messages(problem), "completion": [answer]}


def _verl(problem: Problem, stage: str, index: int) -> dict[str, Any]:
    """The columns that verl's RLHFDataset reads."""
    return {
        "data_source": f"echelon/{stage}",
        "prompt": _messages(problem),
        "ability": problem.id.family,
        "reward_model": {"style": "rule", "ground_truth": LAYOUTS[problem.id.layout].find(problem.reveal("answer"))},
        "extra_info": {"split": problem.id.split, "index": index, "id": str(problem.id)},
    }


_LAYOUTS: Mapping[Layout, Callable[[Problem, str, int], dict[str, Any]]] = {"chat": _chat, "sft": _sft, "verl": _verl}


def _line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _write_lines(rows: Sequence[Mapping[str, Any]], file: Path) -> None:
    file.write_bytes(b"".join(map(_line, rows)))


def _write_parquet(rows: Sequence[Mapping[str, Any]], file: Path) -> None:
    try:
        from pyarrow import Table
        from pyarrow.parquet import write_table
    except ImportError:
        raise Invalid("Parquet files need pyarrow: pip install 'echelon[data]'") from None
    write_table(Table.from_pylist(list(rows)), file)


_WRITERS: Mapping[Container, Callable[[Sequence[Mapping[str, Any]], Path], None]] = {
    "jsonl": _write_lines,
    "parquet": _write_parquet,
}


def _card(export: Export, counts: Mapping[str, int], digest: str) -> dict[str, Any]:
    return {
        "curriculum": export.curriculum.reference,
        "stages": counts,
        "memorisable": [name for name in export.stages if memorisable(export.curriculum.stage(name).stem)],
        "families": {name: export.curriculum.stage(name).stem for name in export.stages},
        "split": export.split,
        "style": export.style or export.curriculum.style,
        "seed": export.seed,
        "layout": export.layout,
        "answers_inside": export.layout != "chat",
        "digest": digest,
        "echelon": version("echelon"),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
    }
