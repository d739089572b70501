"""Formulas as text: in their own language, with as few brackets as it takes, and in Python."""

from generators.programs.formulas import (
    DIGIT_FUNCTIONS,
    Applied,
    Choice,
    Formula,
    Input,
    Joined,
    Negative,
    Number,
    Recurrence,
    Term,
)

TERMS = "abc"
_CHOICE, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(6)
_BINDS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT, "^": _POWER}


def text_of(formula: Formula) -> str:
    """Write a formula in its own language."""
    return _Short().write(formula, _CHOICE)


def python_of(formula: Formula) -> str:
    """Write a formula as a Python function `f` of `k`."""
    if isinstance(formula, Recurrence):
        return _recurrence("f", formula)
    writer = _Python()
    body = writer.write(formula, _CHOICE)
    return "\n\n".join([*writer.helpers, f"def f(k):\n    return {body}"])


class _Short:
    """The short language."""

    signs = {sign: sign for sign in _BINDS}

    def write(self, at: Formula, least: int) -> str:
        """Return the text of a formula, in brackets unless it binds at least so tightly."""
        text, binds = self.bound(at)
        return f"({text})" if binds < least else text

    def bound(self, at: Formula) -> tuple[str, int]:
        """Return the text of a formula and how tightly it binds."""
        match at:
            case Joined() | Negative():
                return self.joined(at)
            case Choice():
                return self.choice(at), _CHOICE
            case Recurrence():
                return self.recurrence(at), _ATOM
            case Applied(name, argument):
                return self.applied(name, argument), _ATOM
            case Number(value):
                return str(value), _ATOM
            case Term(back):
                return self.term(back), _ATOM
            case Input():
                return self.input(), _ATOM

    def joined(self, at: Joined | Negative) -> tuple[str, int]:
        if isinstance(at, Negative):
            return f"-{self.write(at.of, _SIGN)}", _SIGN
        binds = _BINDS[at.sign]
        left, right = (_ATOM, _SIGN) if at.sign == "^" else (binds, binds + 1)
        return f"{self.write(at.left, left)}{self.signs[at.sign]}{self.write(at.right, right)}", binds

    def input(self) -> str:
        return "k"

    def term(self, back: int) -> str:
        return TERMS[back - 1]

    def applied(self, name: str, argument: Formula) -> str:
        return f"{name}({self.write(argument, _CHOICE)})"

    def choice(self, at: Choice) -> str:
        compared = f"{self.write(at.left, _SUM)}<{self.write(at.right, _SUM)}"
        return f"{compared}?{self.write(at.then, _SUM)}:{self.write(at.otherwise, _CHOICE)}"

    def recurrence(self, at: Recurrence) -> str:
        return f"{{{','.join(map(str, at.starts))};{self.write(at.step, _CHOICE)}}}"


class _Python(_Short):
    """Python; recurrences become functions of their own."""

    signs = {"+": " + ", "-": " - ", "*": " * ", "/": " // ", "%": " % ", "^": " ** "}

    def __init__(self, k: str = "k") -> None:
        self._k = k
        self.helpers: list[str] = []

    def input(self) -> str:
        return self._k

    def term(self, back: int) -> str:
        return f"terms[-{back}]"

    def applied(self, name: str, argument: Formula) -> str:
        return DIGIT_FUNCTIONS[name].python.format(self.write(argument, _CHOICE))

    def choice(self, at: Choice) -> str:
        compared = f"{self.write(at.left, _SUM)} < {self.write(at.right, _SUM)}"
        return f"{self.write(at.then, _SUM)} if {compared} else {self.write(at.otherwise, _CHOICE)}"

    def recurrence(self, at: Recurrence) -> str:
        name = f"g{len(self.helpers) or ''}"
        self.helpers.append(_recurrence(name, at))
        return f"{name}({self._k})"


def _recurrence(name: str, at: Recurrence) -> str:
    step = _Python("len(terms)").write(at.step, _CHOICE)
    return (
        f"def {name}(k):\n    terms = [{', '.join(map(str, at.starts))}]\n"
        f"    while len(terms) <= k:\n        terms.append({step})\n    return terms[k]"
    )
