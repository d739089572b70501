"""The same transformation with fewer operations: what cancels between two doublings is left out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from generators.hadamard.operations import Operation, Program


def simplified(steps: Program, order: int) -> Program:
    """Return operations that do the same with none to spare: between two doublings rows and columns are moved once.

    What is moved twice, or negated twice, cancels; whether fewer would do for this matrix, which may have symmetries
    of its own, is not asked.
    """
    found: list[Operation] = []
    moved = _Moved.nothing(order)
    for step in steps:
        if step.name == "double":
            found += [*moved.operations(), step]
            order *= 2
            moved = _Moved.nothing(order)
        else:
            moved = moved.after(step)
    return (*found, *moved.operations())


Line = tuple[tuple[int, int], ...]
"""Where each row or column comes from, and its sign."""


@dataclass(frozen=True)
class _Moved:
    """What operations without doubling come to: a transposition or none, then rows, then columns."""

    transposed: bool
    rows: Line
    columns: Line

    @classmethod
    def nothing(cls, order: int) -> "_Moved":
        line = tuple((i, 1) for i in range(order))
        return cls(False, line, line)

    def after(self, step: Operation) -> "_Moved":
        if step.name == "transpose":
            return _Moved(not self.transposed, self.columns, self.rows)
        changed = list(self.rows if step.line == "row" else self.columns)
        i, j = step.first - 1, step.second - 1
        if step.name == "swap":
            changed[i], changed[j] = changed[j], changed[i]
        else:
            changed[i] = (changed[i][0], -changed[i][1])
        if step.line == "row":
            return replace(self, rows=tuple(changed))
        return replace(self, columns=tuple(changed))

    def operations(self) -> Program:
        signs = [sign for line in (self.rows, self.columns) for _, sign in line]
        if 2 * signs.count(-1) > len(signs):  # all signs changed of rows and of columns is no change
            rows, columns = (tuple((source, -sign) for source, sign in line) for line in (self.rows, self.columns))
        else:
            rows, columns = self.rows, self.columns
        start = (Operation("transpose"),) if self.transposed else ()
        return (*start, *_brought("row", rows), *_brought("column", columns))


def _brought(name: str, line: Line) -> Iterator[Operation]:
    """Yield as few swaps as lead to an order, and then the signs."""
    at = list(range(len(line)))
    for i, (source, _) in enumerate(line):
        if at[i] != source:
            j = at.index(source)
            at[i], at[j] = at[j], at[i]
            yield Operation("swap", name, i + 1, j + 1)
    yield from (Operation("negate", name, i) for i, (_, sign) in enumerate(line, 1) if sign < 0)
