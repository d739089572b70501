"""What can go wrong with a data set; always the operator's to mend, never a caller's.

BadDataSet         a set that cannot be served: no such file, a column that is not there, rows that cannot be read
└── NotInstalled   the set needs an extra that is not installed
"""

from generators.errors import GeneratorError


class BadDataSet(GeneratorError):
    """A registered set that cannot be served."""


class NotInstalled(BadDataSet):
    """A set needs a package that is not installed."""


class BrokenRow(GeneratorError):
    """One row that cannot be used; the message says why, without its place."""
