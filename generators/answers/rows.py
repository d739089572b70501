"""Rows of entries in the making: what separates them, and that it is the same everywhere."""

from generators.answers.values import Value
from generators.errors import Unreadable


class Rows:
    """Rows in the making: `open` while an entry may follow without white space, as after a comma."""

    def __init__(self) -> None:
        self.done: list[list[Value]] = [[]]
        self.open = True
        self.barred = False  # `1 0 | 3` and `1, 0 | 3` alike
        self._separators: set[str] = set()

    def end(self) -> None:
        self.done.append([])
        self.open = True
        self.barred = False

    def comma(self) -> None:
        if self.open:
            raise Unreadable("an entry is missing")
        self.open = True
        self._separators.add("comma")

    def separate(self, spaced: bool) -> None:
        """Make way for one more entry; raises unless something separates it from the last one."""
        if not self.open and not self.barred:
            if not spaced:
                raise Unreadable("two entries stand together without a separator")
            self._separators.add("space")
        if len(self._separators) > 1:
            raise Unreadable("commas and spaces both separate entries")
        self.open = self.barred = False
