"""The one sandbox of a process, and what its operator says about it."""

from functools import lru_cache

from generators.sandbox.sandbox import Sandbox


class _Configured:
    lanes = 0
    protected = True


def configure(lanes: int = 0, protected: bool = True) -> None:
    """Say how programs are run from now on; 0 lanes are as many as processors."""
    if (lanes, protected) != (_Configured.lanes, _Configured.protected):
        _Configured.lanes, _Configured.protected = lanes, protected
        shared.cache_clear()


@lru_cache(maxsize=1)
def shared() -> Sandbox:
    """Return the sandbox of this process; nothing is started before the first program."""
    return Sandbox(_Configured.lanes, protected=_Configured.protected)


def disabled() -> str:
    """Return why programs are not run here, "" where they are."""
    return shared().unavailable()
