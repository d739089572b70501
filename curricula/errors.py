"""What can go wrong with a curriculum, and whose fault it is.

CurriculumError
├── BadCurriculum      a curriculum file says something that cannot be; names the place
├── UnknownCurriculum  no curriculum or stage of that name
├── EmptySlot          a slot beyond the end of a pool
├── NoHorizon          a policy that goes by the clock, and nobody said how long the run is
├── NoLength           a reward goes by length, and the item does not say how many tokens it has
├── TestOnly           a train or dev problem of a curriculum that is there to be evaluated on
└── Stale              the caller's progress belongs to another text or another look (HTTP 409)
"""


class CurriculumError(Exception):
    """Root of everything raised on purpose by `curricula`."""


class BadCurriculum(CurriculumError):
    """A curriculum file that cannot be served."""


class UnknownCurriculum(CurriculumError):
    """A name that no curriculum or stage has."""


class EmptySlot(CurriculumError):
    """A slot that no problem of its pool is in."""


class NoHorizon(CurriculumError):
    """A schedule without the length of the run."""


class NoLength(CurriculumError):
    """An item without the number of its tokens, where the reward goes by it."""


class TestOnly(CurriculumError):
    """Training or selection on a curriculum that is for tests only."""


class Stale(CurriculumError):
    """Progress, or results of a look, that do not belong to what is served."""
