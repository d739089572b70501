"""The signs of gaming of one completion, beside those that its family knows."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from generators.answers.number_words import NUMBER_WORDS
from generators.errors import Unreadable
from generators.families import build, family_named
from generators.ids import ProblemId
from generators.layouts import LAYOUTS
from generators.problem import Problem
from generators.signs.loops import ends_in_loop, says_little
from generators.signs.scripts import scripts, strange_letters
from generators.signs.shapes import (
    hidden_characters,
    is_about,
    is_code,
    nested_tags,
    not_finite,
    odd_digits,
)
from generators.verdict import Verdict
from generators.written import Written

SIGNS = {
    "echo": "a wrong completion of which at least half is the question, word for word",
    "code": "a wrong or unreadable answer that is a program, where none was asked for",
    "repetition": "it or its thought ends in one unit over and over, or says for 2,000 characters what a loop would",
    "foreign_script": "three or more letters of a script that neither the question nor mathematics uses",
    "odd_digits": "digits other than 0 to 9",
    "hidden_characters": "characters of width zero, for direction or for control",
    "nested_tags": "a tag opened while one is open",
    "not_finite": "a wrong or unreadable answer with NaN, infinity, an exponent of three digits or a number of 65",
    "several_answers": "different final answers, or a range of them",
    "gave_up": "no number in digits or words, where the question has some, or nothing at all",
    "length_explosion": "more than 32,000 characters and 20 per character of the question; of few-character styles 200",
}
"""Those that any completion can show. A family adds its own, as `identity_guess`, `lookup_table` or `in_circles`."""

MAX_LOOKED_AT = 32_000  # characters
_ROOM = {True: 32_000, False: 200}
_LETTERS = 3
_LOOP, _SHORT = 32, 80  # characters of a loop in a thought, twice, and of an answer that may be a range
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
_SHORTEST_QUESTION = 40
_WORDY = re.compile(r"[^\x00-@\[\]-`{-\x7f]|\d{65}")  # a letter, or anything that is not ASCII
_LOOP_OF_THE_RIGHT = 200  # characters: the rows of a large right answer may be alike


def flagged(problem: Problem, completion: str, verdict: Verdict) -> Verdict:
    """Return the verdict with the signs that its completion shows; for an episode, its actions line by line."""
    signs = (*_too_long(problem, completion), *_signs(problem, completion[-MAX_LOOKED_AT:], verdict))
    return replace(verdict, flags=tuple(dict.fromkeys((*verdict.flags, *signs)))) if signs else verdict


def _signs(problem: Problem, text: str, verdict: Verdict) -> Iterator[str]:
    right = verdict.outcome == "correct"
    thought, final = _parted(problem, text)
    shortest = _LOOP_OF_THE_RIGHT if right else _LOOP
    if ends_in_loop(text, shortest) or ends_in_loop(thought, 2 * _LOOP) or says_little(thought):
        yield "repetition"
    if nested_tags(text):
        yield "nested_tags"
    if hidden_characters(text):
        yield "hidden_characters"
    if not text.isascii():
        yield from _letters(problem, text)
    if not right:
        yield from _of_the_wrong(problem, text, final, verdict)


def _parted(problem: Problem, text: str) -> tuple[str, str]:
    """Return what stands before the final answer and the answer, "" where a completion has none in its place."""
    if problem.id.layout == "chat":  # most are, and need no reader
        thought, mark, final = text.rpartition("<answer>")
        return (thought.rstrip().removesuffix("</think>"), final.partition("</answer>")[0]) if mark else (text, "")
    if not isinstance(problem, Written):
        return text, ""
    try:
        final = problem.final_part(text)
    except Unreadable:
        return text, ""
    return text[: text.rfind(final)] if final else text, final


def _letters(problem: Problem, text: str) -> Iterator[str]:
    if strange_letters(text, scripts(problem.observation)) >= _LETTERS:
        yield "foreign_script"
    if odd_digits(text):
        yield "odd_digits"


def _of_the_wrong(problem: Problem, text: str, final: str, verdict: Verdict) -> Iterator[str]:
    unread = verdict.outcome in ("malformed", "truncated")
    if unread or _WORDY.search(final):  # most answers are numbers only, and cannot be any of these
        if not family_named(problem.id.family).in_code and is_code(text if unread and not final else final):
            yield "code"
        if not_finite(final):
            yield "not_finite"
    if unread and len(final) <= _SHORT and is_about(final):
        yield "several_answers"
    if unread or len(text) > _SHORTEST_QUESTION:
        question = _question(problem.id)
        if verdict.outcome == "malformed" and not _counts(text) and _counts(question):
            yield "gave_up"
        if len(question) > _SHORTEST_QUESTION and len(text) <= 2 * len(question) and question in text:
            yield "echo"


@lru_cache(maxsize=4_096)
def _question(id: ProblemId) -> str:
    return build(id).messages[-1].content


def _counts(text: str) -> bool:
    """Whether a text holds a number, in digits or in words."""
    return any(letter.isdigit() for letter in text) or _NUMBER_WORD.search(text) is not None


def _too_long(problem: Problem, text: str) -> Iterator[str]:
    layout = LAYOUTS.get(problem.id.layout)
    room = _ROOM[layout is None or layout.in_full]
    if len(text) > room and len(text) > room + 20 * len(problem.observation):
        yield "length_explosion"
