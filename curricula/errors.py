"""What can go wrong with a curriculum, and whose fault it is.

    CurriculumError
    ├── BadCurriculum      a curriculum file says something that cannot be; names the place
    ├── UnknownCurriculum  no curriculum, stage or slot of that name
    └── Stale              the caller's progress belongs to another text or another look (HTTP 409)
"""


class CurriculumError(Exception):
    """Root of everything raised on purpose by `curricula`."""


class BadCurriculum(CurriculumError):
    """A curriculum file that cannot be served."""


class UnknownCurriculum(CurriculumError):
    """A name that no curriculum or stage has, or a slot beyond a pool."""


class Stale(CurriculumError):
    """Progress, or results of a look, that do not belong to what is served."""
