"""How a completion is laid out: what it is asked for, where its final answer stands, how one is written.

A style of an id begins with the name of a layout: `chat`, `bare`, `hashes`, `boxed`, `last`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from generators.answers.final import (
    bare_answer,
    boxed_answer,
    boxed_answers,
    follows_format,
    hashed_answer,
    hashed_answers,
    last_answer,
    tagged_answer,
    tagged_answers,
    whole,
)


@dataclass(frozen=True)
class Layout:
    """`in_full`: asked in sentences, under a system message that ends with `asks`; else in a few characters.

    `closes`: an answer has an end of its own, so that one counts although the completion was cut off behind it.
    """

    about: str
    asks: str
    in_full: bool
    closes: bool
    find: Callable[[str], str]  # the text of the final answer; raises `Unreadable`
    frame: Callable[[str, str], str]  # thought and answer to a completion
    follows: Callable[[str], bool]  # whether a completion keeps the form that was asked for
    marked: Callable[[str], Sequence[str]]  # what a completion marks as its answer, once or more often


LAYOUTS: Mapping[str, Layout] = {
    "chat": Layout(
        "messages; the answer stands between <answer> and </answer>, after thoughts between <think> and </think>",
        "First think between <think> and </think>, then give only the final answer between <answer> and </answer>.",
        True,
        True,
        tagged_answer,
        lambda thought, answer: f"<think>{thought}</think>\n<answer>{answer}</answer>",
        follows_format,
        tagged_answers,
    ),
    "bare": Layout(
        "a few characters; the answer is what follows the last '='",
        "",
        False,
        False,
        bare_answer,
        lambda thought, answer: f"{thought}={answer}" if thought else answer,
        lambda completion: True,
        lambda completion: (),
    ),
    "fenced": Layout(
        "messages; the answer is the last fenced block, or the code that stands there without one",
        "Think step by step, then give the final program in one fenced block.",
        True,
        False,
        whole,
        lambda thought, answer: f"{thought}\n\n{answer}".lstrip(),
        lambda completion: completion.count("```") == 2 and completion.rstrip().endswith("```"),
        lambda completion: (),
    ),
    "hashes": Layout(
        "messages; the answer stands on a last line that begins with ####, as in GSM8K",
        "Think step by step, then end with a line that holds #### and the final answer only.",
        True,
        False,
        hashed_answer,
        lambda thought, answer: f"{thought}\n#### {answer}" if thought else f"#### {answer}",
        lambda completion: (
            len(set(hashed_answers(completion))) == 1 and "\n" not in completion.rstrip().rpartition("####")[2]
        ),
        hashed_answers,
    ),
    "boxed": Layout(
        r"messages; the answer stands in the last \boxed{...}",
        r"Think step by step, then put the final answer within \boxed{}.",
        True,
        True,
        boxed_answer,
        lambda thought, answer: rf"{thought} \boxed{{{answer}}}".lstrip(),
        lambda completion: len(boxed_answers(completion)) == 1,
        boxed_answers,
    ),
    "last": Layout(
        "messages; the answer is the last number of the completion, or what follows the last `answer is`",
        "Think step by step, then state the final answer in the last sentence.",
        True,
        False,
        last_answer,
        lambda thought, answer: f"{thought}\nThe answer is {answer}".lstrip(),
        lambda completion: True,
        lambda completion: (),
    ),
}


def styles(bare: str, *more: str) -> dict[str, str]:
    """Return `chat`, `bare` and `more` layouts for a family; `bare` says how its few characters are laid out."""
    named = {name: LAYOUTS[name].about for name in ("chat", *more)}
    shown = f"a few characters: {bare}; the answer is what follows the last '='"
    return {"chat": named.pop("chat"), "bare": shown, **named}
