"""From the columns of a source to rows: one function per format, strict about what a row must hold."""

import re
from collections.abc import Callable, Mapping
from math import inf
from typing import Any

from generators.answers.choices import plain_choice
from generators.answers.equality import readable_expression
from generators.answers.final import boxed_answer
from generators.answers.quantities import read_quantity
from generators.answers.texts import read_text
from generators.data_sets.errors import BrokenRow
from generators.data_sets.rows import (
    MAX_ANSWER,
    MAX_CHOICES,
    MAX_QUESTION,
    MAX_WORKED,
    Answer,
    CountdownRow,
    Format,
    Row,
    Source,
)
from generators.errors import Unreadable
from generators.numbers.counting import may_make

Record = Mapping[str, Any]

ANSWERS: Mapping[Format, Answer] = {
    "gsm8k": "number",
    "hellaswag": "choice",
    "math500": "expression",
    "openthoughts": "expression",
    "countdown": "countdown",
}
_LETTER = re.compile(r"[A-Za-z]")
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_CALCULATION = re.compile(r"<<[^>]*>>")


def answers_of(source: Source) -> Answer:
    """Return what kind of answers a set has."""
    return source.answers or "text" if source.format == "rows" else ANSWERS[source.format]


def row_of(source: Source, record: Record) -> Row:
    """Return the row that a record of a source is; raises `BrokenRow`."""
    row = _READERS[source.format](source, record)
    if not row.question.strip() and source.format != "countdown":
        raise BrokenRow("the question is empty")
    for text, most in ((row.question, MAX_QUESTION), (row.answer, MAX_ANSWER), (row.worked, MAX_WORKED)):
        if len(text) > most:
            raise BrokenRow(f"a text is longer than {most:,} characters")
    if any(_unspeakable(text) for text in (row.question, row.answer, row.worked, *row.choices)):
        raise BrokenRow("a text holds half of a surrogate pair or a NUL")
    return row


def _unspeakable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text if letter > "\ud7ff")


def _column(record: Record, name: str) -> Any:
    if name not in record:
        raise BrokenRow(f"there is no column {name!r} (there are: {', '.join(map(str, record))[:200]})")
    return record[name]


def _text(record: Record, name: str) -> str:
    value = _column(record, name)
    if not isinstance(value, str):
        raise BrokenRow(f"{name} is not a text")
    return value


def _rows(source: Source, record: Record) -> Row:
    named = {ours: source.columns.get(ours, ours) for ours in ("question", "answer", "choices", "worked")}
    question = _text(record, named["question"])
    given = _column(record, named["answer"])
    shown = _column(record, named["worked"]) if "worked" in source.columns else record.get("worked")
    worked = "" if shown is None else str(shown)
    kind = answers_of(source)
    if kind == "choice":
        listed = _column(record, named["choices"])
        choices = _choices(listed)
        return Row(question, str(_position(_labelled(given, listed), choices)), choices, worked)
    if kind == "text" and isinstance(given, list):
        accepted = _choices(given, least=1)
        return _readable(Row(question, accepted[0], accepted[1:], worked))
    if isinstance(given, bool) or not isinstance(given, str | int | float) or given in (inf, -inf):
        raise BrokenRow(f"{named['answer']} is not a text or a number")
    answer = str(given).strip()
    if not answer:
        raise BrokenRow("the answer is empty")
    if kind == "number":
        _check_number(answer, question)
    row = Row(question, answer, (), worked)
    return _readable(row) if kind == "text" else _checked_expression(row) if kind == "expression" else row


def _gsm8k(source: Source, record: Record) -> Row:
    question, answer = _text(record, "question"), _text(record, "answer")
    worked, mark, final = answer.rpartition("####")
    if not mark:
        raise BrokenRow("the answer has no ####")
    _check_number(final.strip(), question)
    steps = len(_CALCULATION.findall(worked)) or len(worked.strip().splitlines())
    return Row(question, final.strip(), (), _CALCULATION.sub("", worked).strip(), steps)


def _hellaswag(source: Source, record: Record) -> Row:
    choices = _choices(_column(record, "endings"))
    question = _text(record, "ctx")
    label = str(_column(record, "label"))
    if not label:
        raise BrokenRow("the row has no label, as in the official test split")
    position = int(label) if label.isascii() and label.isdigit() and len(label) < 4 else label
    return Row(question, str(_position(position, choices)), choices)


def _math500(source: Source, record: Record) -> Row:
    answer = _text(record, "answer").strip()
    if not answer:
        raise BrokenRow("the answer is empty")
    return _checked_expression(Row(_text(record, "problem"), answer, (), str(record.get("solution") or "")))


def _openthoughts(source: Source, record: Record) -> Row:
    solution = _text(record, "solution")
    try:
        answer = boxed_answer(solution).strip()
    except Unreadable as error:
        raise BrokenRow(f"the solution states no answer: {error}") from None
    if not answer:
        raise BrokenRow("the box of the solution is empty")
    return _checked_expression(Row(_text(record, "problem"), answer, (), solution))


def _countdown(source: Source, record: Record) -> Row:
    numbers, target = _column(record, "nums"), _column(record, "target")
    whole = isinstance(numbers, list) and all(type(x) is int and 0 < x < 10_000 for x in (*numbers, target))
    if not whole or not 2 <= len(numbers) <= 6:
        raise BrokenRow("nums is a list of two to six positive integers, target one")
    if not may_make(numbers, target):
        raise BrokenRow("no expression of the numbers makes the target")
    return CountdownRow("", str(target), tuple(map(str, sorted(numbers))))


def _choices(given: Any, least: int = 2) -> tuple[str, ...]:
    if isinstance(given, Mapping):  # ARC and others: {"text": [...], "label": [...]}
        given = given.get("text")
    if not isinstance(given, list) or not all(isinstance(x, str) and x.strip() for x in given):
        raise BrokenRow("the choices are not a list of texts")
    if any(len(x) > MAX_ANSWER for x in given):
        raise BrokenRow(f"a choice is longer than {MAX_ANSWER:,} characters")
    if not least <= len(given) <= MAX_CHOICES or len({plain_choice(x) for x in given}) != len(given):
        raise BrokenRow(f"there are {least} to {MAX_CHOICES} choices, all different")
    return tuple(given)


def _position(given: Any, choices: tuple[str, ...]) -> int:
    """Return which choice is meant: by its text, a letter, or a number from 0."""
    if isinstance(given, str) and given in choices:
        return choices.index(given)
    if isinstance(given, str) and _LETTER.fullmatch(given.strip()):
        given = ord(given.strip().upper()) - ord("A")
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < len(choices):
        raise BrokenRow("the answer is none of the choices: neither the text of one, nor a letter, nor a number from 0")
    return given


def _labelled(given: Any, listed: Any) -> Any:
    """Return the text of the choice whose label is given, where choices come with labels."""
    labels = listed.get("label") if isinstance(listed, Mapping) else None
    if isinstance(labels, list) and isinstance(listed.get("text"), list) and given in labels:
        return dict(zip(labels, listed["text"], strict=False)).get(given)
    return given


def _readable(row: Row) -> Row:
    """Return a row whose accepted answers are all texts that an answer can be."""
    for text in (row.answer, *row.choices):
        try:
            read_text(text)
        except Unreadable as error:
            raise BrokenRow(f"an accepted answer cannot be given: {error}") from None
    return row


def _checked_expression(row: Row) -> Row:
    try:
        readable_expression(row.answer)
    except Unreadable as error:
        raise BrokenRow(f"the answer is no expression: {error}") from None
    return row


def _check_number(answer: str, question: str) -> None:
    if _INTEGER.fullmatch(answer):
        return
    try:
        read_quantity(answer, question)
    except Unreadable as error:
        raise BrokenRow(f"the answer is not a number: {error}") from None


_READERS: Mapping[Format, Callable[[Source, Record], Row]] = {
    "rows": _rows,
    "gsm8k": _gsm8k,
    "hellaswag": _hellaswag,
    "math500": _math500,
    "openthoughts": _openthoughts,
    "countdown": _countdown,
}
