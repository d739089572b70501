"""A run as a trainer tells of it, made up: with hostile text in every place where a stranger's text may stand."""

from collections.abc import Callable
from typing import Any

RUN = "a-run"
PLANTED = '</script><script>window.planted=1</script><img src=x onerror="window.planted=1">\u202e'
STAGES = ("scalar", "shear")
QUESTION = "matrix_inverse@1/bound=40,kind=shear,n=2/train/{}/chat"
EPISODE = "row_reduction@1"

Post = Callable[[str, dict[str, Any]], Any]


def tell(post: Post, run: str = RUN, generations: int = 30, first: int = 0) -> None:
    """Announce a run and tell of so many of its generations, from `first` on."""
    if not first:
        config = {"grpo": {"steps": 40}, "note": PLANTED}
        post("/runs", {"run": run, "curriculum": f"inverse@{PLANTED}"[:300], "config": config})
    rows = [row for at in range(first, generations) for row in _rows(at)]
    post(f"/runs/{run}/log", {"rows": rows})


def _rows(at: int) -> list[dict[str, Any]]:
    step, samples = at + 1, 64 * (at + 1)
    success = {f"success/{stage}": min(1.0, at / (20 + 20 * i)) for i, stage in enumerate(STAGES)}
    metrics = {
        "step": step,
        "samples": samples,
        "success": 0.5,
        **success,
        **{f"share/{stage}": 0.5 for stage in STAGES},
        **{f"alike/{stage}": 0.25 for stage in STAGES},
        "part/correct": 0.3,
        "flag/identity_guess": max(0.0, 100.0 - 10 * at),
        "seconds/step": 1.0,
        "seconds/sampling": 0.6,
        "seconds/backward": 0.4,
        "tokens/sampled": 1_000,
    }
    rows = [{"generation": at, "step": step, "kind": "metrics", "body": metrics}]
    if at % 10 == 9:
        evidence = {"trials": 32, "successes": min(32, 10 + at), "greedy": 0, "greedy_trials": 0}
        kind = "promoted" if at == 29 else "kept"
        decision = {
            "step": step,
            "samples": samples,
            "stage": "scalar",
            "kind": kind,
            "reason": PLANTED,
            "evidence": evidence,
        }
        rows.append({"generation": at, "step": step, "kind": "decision", "body": decision})
    if at == 15:
        alarm = {"step": step, "samples": samples, "says": f"identity_guess jumped {PLANTED}"}
        rows.append({"generation": at, "step": step, "kind": "alarm", "body": alarm})
    return rows


def score(post: Post, run: str = RUN, groups: int = 3) -> list[dict[str, Any]]:
    """Have answers judged and kept: of every group one that is hostile, one that is no answer, one matrix."""
    said = (
        f"<think>{PLANTED}</think><answer>[[1, 0], [0, 1]]</answer>",
        PLANTED,
        "<answer>[[1, 2/3], [0, 1]]</answer>",
    )
    items = [
        {"id": QUESTION.format(seed), "completion": text, "slot": seed, "sample": sample, "stage": "shear", "tokens": 9}
        for seed in range(groups)
        for sample, text in enumerate(said)
    ]
    context = {"run": run, "phase": "train", "generation": 0}
    found: list[dict[str, Any]] = post("/score", {"items": items, "run": context}).json()["verdicts"]
    return found
