"""What can go wrong with the store.

StoreError
├── StoreUnavailable   it does not answer, is full, or is locked for longer than anybody waits
├── NoStore            this server keeps nothing
├── UnknownRun         there is no run of that name
└── Conflict           another body under an identity that is taken, or another run under its name
"""


class StoreError(Exception):
    """Anything that is wrong with what is kept."""


class StoreUnavailable(StoreError):
    """The store does not answer in time; nothing was acknowledged, and the same may be sent again."""


class NoStore(StoreError):
    """This server keeps nothing."""


class UnknownRun(StoreError):
    """There is no run of that name."""


class Conflict(StoreError):
    """What is asked to be kept contradicts what is."""
