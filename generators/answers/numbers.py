"""Reading one number: everything the matrix grammar reads, and commas between thousands."""

import re
from fractions import Fraction

from generators.answers.matrix import read_matrix
from generators.errors import Unreadable

# In a matrix a comma separates entries; where one number is asked, 1,234 is one.
_THOUSANDS = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}+(?:,[0-9]{3}(?![0-9]))++(?!,?[0-9])")


def read_number(text: str) -> Fraction:
    """Read the one number that `text` states; raises `Unreadable`."""
    value = read_matrix(_THOUSANDS.sub(lambda found: found.group().replace(",", ""), text))
    if len(value) != 1 or len(value[0]) != 1:
        raise Unreadable("the answer is not one number")
    return Fraction(value[0][0])
