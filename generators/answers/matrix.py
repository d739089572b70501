"""The answer grammar: how people and models write numbers and matrices.

    text    = segments between `=`, `:` or words; all that hold a value must agree
    rows    = row (`;` | newline | `\\\\` row)*        row = value (`,` | `&` | space value)*
    value   = sign? factor (`/` factor | `*`? matrix)?
    factor  = number | \\frac{rows}{rows} | [rows] | (rows) | {rows} | \\begin{matrix} rows \\end{matrix} | name(rows)

Read by recursive descent over at most `MAX_TOKENS` tokens, each visited once. Never `eval`, never sympy on model text.
"""

from fractions import Fraction

from generators.answers.prose import PROSE, stands_aside
from generators.answers.quick import quick_matrix
from generators.answers.rows import Rows
from generators.answers.tokens import Token, number, tokens
from generators.answers.values import (
    MAX_CELLS,
    Table,
    Value,
    approximates,
    diagonal_of,
    divided,
    multiplied,
    negated,
    plain,
    reshaped,
    scalar,
)
from generators.errors import Unreadable
from generators.exact.matrices import Matrix

MAX_DEPTH = 6

_NUMBER_CALLS = frozenset(
    {
        "Fraction",
        "Rational",
        "fractions.Fraction",
        "sympy.Rational",
        "sp.Rational",
        "F",
        "R",
        "S",
        "Integer",
        "sp.Integer",
    }
)
_MATRIX_CALLS = frozenset(
    f"{module}{name}"
    for module in ("", "np.", "numpy.", "sp.", "sympy.", "torch.", "jnp.")
    for name in ("array", "asarray", "matrix", "mat", "Matrix", "ImmutableMatrix", "tensor")
)
_DIAGONAL_CALLS = frozenset(f"{module}diag" for module in ("", "np.", "numpy.", "sp.", "sympy.", "torch."))
_DIAGONAL_CALLS |= {rf"\{command}{{diag}}" for command in ("operatorname", "mathrm", "text")}
_CALLS = _MATRIX_CALLS | _NUMBER_CALLS | _DIAGONAL_CALLS
_FACTORED = frozenset(
    {"begin", "open", "newline"}
)  # what may stand between a factor and its matrix, or begin the matrix
_CLOSING = {"[": "]", "(": ")", "\\{": "\\}"}  # "{" and \\pmatrix{ close with "}"
_ROUGH = frozenset({"\u2248", "\\approx"})


def read_matrix(text: str) -> Matrix:
    """Read the one matrix (or number, as 1x1) that `text` states; raises `Unreadable`."""
    read = quick_matrix(text)
    return read_by_grammar(text) if read is None else read


def read_by_grammar(text: str) -> Matrix:
    """Read it as the grammar says, however it is written; raises `Unreadable`."""
    found = tokens(text)
    value = _Reader(found).text()
    rows = value.rows if isinstance(value, Table) else [[value]]
    if len({len(row) for row in rows}) != 1:
        raise Unreadable("the rows differ in length")
    if len(rows) == len(rows[0]) == 1 and any(token.kind == "bar" for token in found):
        raise Unreadable("bars around one number mean its absolute value")
    return tuple(map(tuple, rows))


class _Reader:
    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.at = 0
        self.cells = 0

    def text(self) -> Value:
        values: list[Value] = []
        rough = False
        while (token := self.tokens[self.at]).kind != "stop":
            after_word = token.text == "," and self.tokens[self.at - 1].kind in ("word", "aside") and self.at > 0
            if token.kind in ("equals", "newline", "bar") or after_word or self._at_prose(token):
                rough = token.text in _ROUGH if token.kind == "equals" else rough
                self.at += 1
                continue
            value = self._table(self._rows("", newlines=True), depth=0)
            if not (rough and values and approximates(value, values[-1])):
                values.append(value)
        if not values:
            raise Unreadable("there is no matrix or number in the answer", "gave_up")
        if any(plain(value) != plain(values[0]) for value in values):
            raise Unreadable("there is more than one answer", "several_answers")
        return values[0]

    def _at_prose(self, token: Token) -> bool:
        """Whether a word or mark stands here, and no call; raises where it may change a value."""
        return token.kind in PROSE and not self._at_call(token) and stands_aside(self.tokens, self.at)

    def _at_call(self, token: Token) -> bool:
        return self.tokens[self.at + 1].text == "(" and token.text in _CALLS

    def _rows(self, closing: str, newlines: bool, depth: int = 0) -> list[list[Value]]:
        """Read rows up to the `closing` token, which is consumed; "" reads to where prose or an equation goes on."""
        rows = Rows()
        while True:
            token = self.tokens[self.at]
            if token.text == closing or (not closing and self._segment_ends(token)):
                self.at += token.text == closing and token.kind != "stop"
                return [row for row in rows.done if row]
            if token.kind == "newline" and (rows.open or not newlines):
                self.at += 1
                self.tokens[self.at].spaced = True
            elif token.kind in ("rowend", "newline"):
                self.at += 1
                rows.end()
            elif token.kind == "comma":
                self.at += 1
                rows.comma()
            elif token.kind == "bar":
                self.at += 1
                rows.barred = True
            else:
                rows.separate(token.spaced and not self._at_arithmetic(token))
                rows.done[-1].append(self._value(depth))

    def _at_arithmetic(self, token: Token) -> bool:
        """Whether `1 - 2` or `1 +2` is meant, and not the two entries of `1 -2`."""
        return token.text.startswith("+") or (token.kind == "sign" and self.tokens[self.at + 1].spaced)

    def _segment_ends(self, token: Token) -> bool:
        return token.kind in ("stop", "equals", "end", "close") or self._at_prose(token)

    def _value(self, depth: int) -> Value:
        sign = 1
        if self.tokens[self.at].kind == "sign":
            sign = -1 if self.tokens[self.at].text != "+" else 1
            self.at += 1
        left, before = self._factor(depth), self.tokens[self.at - 1]
        token = self.tokens[self.at]
        if token.kind == "slash":
            self.at += 1
            if "/" in before.text or "/" in self.tokens[self.at].text:
                raise Unreadable("a/b/c is not one fraction")
            left = divided(left, self._factor(depth))
        elif token.kind == "times" or (token.kind in _FACTORED and self._matrix_follows(left, token, depth)):
            self.at += token.kind == "times"
            while self.tokens[self.at].kind == "newline":
                self.at += 1
            left = multiplied(left, self._factor(depth))
        return left if sign > 0 else negated(left)

    def _matrix_follows(self, left: Value, token: Token, depth: int) -> bool:
        """Whether `1/2 [[..]]` is meant: a factor before a matrix, which inside a list would be two entries."""
        if not isinstance(left, Fraction):
            return False
        at = self.at
        while self.tokens[at].kind == "newline":
            at += 1
        nested = self.tokens[at].kind == "begin" or (at == self.at and token.text == "[" == self.tokens[at + 1].text)
        return nested or (depth == 0 and token.text in ("[", "("))

    def _factor(self, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise Unreadable("the brackets are nested too deeply")
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "number":
            self._count(1)
            return number(token.text)
        if token.kind == "open":
            return self._bracketed(token.text, depth)
        if token.kind == "begin":
            return self._table(self._environment(depth), depth=2)
        if token.kind == "frac":
            return self._fraction(depth)
        if token.kind == "word":
            return self._call(token.text, depth)
        raise Unreadable("an entry is missing or not a number")

    def _count(self, cells: int) -> None:
        self.cells += cells
        if self.cells > MAX_CELLS:
            raise Unreadable("the answer has too many entries")

    def _environment(self, depth: int) -> list[list[Value]]:
        end = self.tokens[self.at - 1].text.replace("begin", "end").partition("}")[0] + "}"
        return self._rows(end, newlines=False, depth=depth + 1)

    def _bracketed(self, opening: str, depth: int) -> Value:
        rows = self._rows(_CLOSING.get(opening, "}"), newlines=True, depth=depth + 1)
        groups = opening != "[" or self.tokens[self.at - 2].kind == "end"  # (x), {x}, \left[\begin{array}
        if groups and len(rows) == 1 and len(rows[0]) == 1:
            return rows[0][0]
        return self._table(rows, depth=1)

    def _table(self, rows: list[list[Value]], depth: int) -> Value:
        """Make one value of parsed rows: numbers are entries, bracketed lists are rows."""
        values = [value for row in rows for value in row]
        if not values:
            raise Unreadable("an empty list is not an answer", "gave_up")
        if depth == 0 and len(values) == 1:
            return values[0]
        lists = [value for value in values if isinstance(value, Table)]
        if not lists:
            return Table([[v for v in row if isinstance(v, Fraction)] for row in rows], depth)
        if depth == 0 and any(value.depth > 1 for value in lists):
            if any(plain(value) != plain(values[0]) for value in values):
                raise Unreadable("there is more than one answer", "several_answers")
            return values[0]
        if len(lists) != len(values) or any(value.depth != 1 or len(value.rows) != 1 for value in lists):
            raise Unreadable("the brackets do not make a matrix")
        return Table([value.rows[0] for value in lists], 2)

    def _fraction(self, depth: int) -> Fraction:
        token = self.tokens[self.at]
        if token.kind == "number" and len(token.text) == 2 and token.text.isdigit():  # \frac12
            self.at += 1
            return number(f"{token.text[0]}/{token.text[1]}")
        return scalar(divided(self._factor(depth + 1), self._factor(depth + 1)))

    def _call(self, name: str, depth: int) -> Value:
        if not self.tokens[self.at].text == "(" or name not in _CALLS:
            raise Unreadable("a word stands where an entry should be")
        self.at += 1
        arguments = self._arguments(depth + 1, keywords=name in _MATRIX_CALLS)
        if name in _NUMBER_CALLS:
            if not 1 <= len(arguments) <= 2:
                raise Unreadable(f"{name} takes one or two numbers")
            return scalar(arguments[0] if len(arguments) == 1 else divided(*arguments))
        if name in _DIAGONAL_CALLS:
            diagonal = diagonal_of(arguments)
            self._count(len(diagonal.rows) ** 2)
            return diagonal
        if len(arguments) == 3:
            return reshaped(*arguments)
        if len(arguments) != 1:
            raise Unreadable(f"{name} takes one list")
        return arguments[0]

    def _arguments(self, depth: int, keywords: bool) -> list[Value]:
        """Read `value, value, ...)`; in a call that makes a matrix, keywords such as `dtype=float` may follow."""
        arguments: list[Value] = []
        while True:
            self._skip(("newline",))
            token = self.tokens[self.at]
            if keywords and arguments and token.kind == "word" and self.tokens[self.at + 1].kind == "equals":
                self._skip_keyword()
            else:
                arguments.append(self._value(depth))
            self._skip(("newline",))
            closing = self.tokens[self.at]
            self.at += 1
            if closing.text == ")":
                return arguments
            if closing.text != ",":
                raise Unreadable("the arguments are not separated by commas")

    def _skip(self, kinds: tuple[str, ...]) -> bool:
        found = self.tokens[self.at].kind in kinds
        self.at += found
        return found

    def _skip_keyword(self) -> None:
        for kinds in (("word",), ("equals",), ("word", "number")):
            if self.tokens[self.at].kind not in kinds:
                raise Unreadable("an argument is not a number or list")
            self.at += 1
