"""Rewards that others have published, in our parts; each names its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from curricula.rewards.parts import Part

Preset = Literal["binary", "continuous", "r1", "deepseekrl", "overlong", "cosine_length", "embedding"]


@dataclass(frozen=True)
class Published:
    """The parts of a preset, the range of their sum, and where it comes from."""

    parts: Mapping[str, Part]
    about: str
    span: tuple[float, float]
    source: str


def _part(component: str, weight: float = 1.0, gate: str | None = None) -> Part:
    return Part(component=component, weight=weight, gate=gate)


PRESETS: Mapping[Preset, Published] = {
    "binary": Published({"correct": _part("correct")}, "1 for a right answer", (0, 1), "DeepSeek-R1, arXiv 2501.12948"),
    "continuous": Published(
        {"closeness": _part("closeness", 2.0)},
        "2 exp(-|X' - X|_1 / tol), with the family's tolerance, rescaled so that the best cheap guess earns 0",
        (0, 2),
        "this project's first experiments",
    ),
    "r1": Published(
        {"accuracy": _part("correct"), "format": _part("format"), "language": _part("language")},
        "accuracy + format + language consistency, simply added",
        (0, 3),
        "DeepSeek-R1, arXiv 2501.12948, section 2.3; the share of words in the question's scripts for their "
        "share of words in the target language",
    ),
    "deepseekrl": Published(
        {
            "correctness": _part("inverse_product", 2.0),
            "valid_format": _part("numeric_rows", 0.25),
            "strict_format": _part("tags", 0.25),
            "soft_format": _part("opening_tags", 0.25),
            "tag_count": _part("tags", 0.25),
            "continuous_inverse": _part("inverse_distance", 2.0),
            "binary_inverse": _part("inverse_within"),
        },
        "the seven parts of the inverse reward of DeepSeekRL: product error, valid, strict and soft format, tag count, "
        "inverse distance, binary; not rescaled by guesses, with `tolerance` 0.1 as there",
        (0, 6),
        "DeepSeekRL-Extended, evaluator.py (MatrixInverseEvaluator of a fork). Its strict format and tag count are the "
        "same number; half of its parts are paid for tags",
    ),
    "overlong": Published(
        {"right": _part("correct", 2.0), "base": _part("always", -1.0), "length": _part("overlong", -1.0)},
        "1 or -1, less what is beyond max_tokens - cache_tokens, up to 1 at max_tokens",
        (-2, 1),
        "DAPO's soft punishment, arXiv 2503.14476, equation 13",
    ),
    "cosine_length": Published(
        {
            "right": _part("always", 0.5, "correct"),
            "right_short": _part("brevity", 0.5, "correct"),
            "wrong": _part("always", -0.5, "!correct"),
            "wrong_short": _part("brevity", -0.5, "!correct"),
            "repetition": _part("repetition", -1.0),
        },
        "right: 1 (short) to 0.5 (long); wrong: -1 (short) to -0.5 (long); less the share of repeated 3-grams of words",
        (-2, 1),
        "arXiv 2502.03373, with the ends of open-r1",
    ),
    "embedding": Published(
        {"similarity": _part("similarity")},
        "similarity of the completion to a worked answer by a sentence-embedding model, rescaled by the best cheap "
        "guess; a shaped part and no judge: what reads alike earns it",
        (0, 1),
        "cosine of mean-pooled sentence embeddings, arXiv 1908.10084",
    ),
}
assert set(PRESETS) == set(get_args(Preset))
