"""What a caller may do, and what each endpoint asks for. An endpoint that is not in the table asks for `admin`."""

from collections.abc import Mapping
from typing import Literal

Access = Literal["auto", "open", "tokens"]
Scope = Literal["sample", "score", "reveal", "read", "admin"]
SCOPES: Mapping[Scope, str] = {
    "sample": "pose and play problems, list what is served, move on in a curriculum",
    "score": "judge answers, and keep them under a run",
    "reveal": "have /sample reveal answers of train problems",
    "read": "read runs, rollouts and metrics, look at the pages",
    "admin": "everything, and remove runs",
}
# With access open, everybody has all of them but `reveal`, unless ECHELON_REVEAL says so, and, off loopback, `admin`.
# What a probe asks, that has no token; and the way in for people, with what its page is made of.
_OPEN = frozenset({"/healthz", "/readyz", "/health", "/", "/ui/login", "/ui/logout"})
_OPEN_BELOW = "/ui/static/"
ANYBODY = frozenset(
    {"/state", "/schema", "/metadata", "/docs", "/openapi.json", "/limits"}
)  # whoever has a token that is valid

_TABLE: Mapping[tuple[str, str], Scope] = {
    ("POST", "sample"): "sample",
    ("POST", "play"): "sample",
    ("POST", "advance"): "sample",
    ("GET", "curricula"): "sample",
    ("GET", "families"): "sample",
    ("GET", "problem"): "sample",
    ("POST", "score"): "score",
    ("POST", "runs"): "score",
    ("GET", "runs"): "read",
    ("GET", "rollouts"): "read",
    ("GET", "metrics"): "read",
    ("GET", "ws"): "score",
    ("POST", "reset"): "sample",
    ("POST", "step"): "score",
    ("POST", "mcp"): "sample",
    ("POST", "nemo"): "score",
    ("GET", "ui"): "read",
    ("POST", "ui"): "read",
}


def needed(method: str, path: str) -> Scope | None:
    """Return the scope that a request asks for; None where any will do."""
    if path in ANYBODY:
        return None
    return _TABLE.get(("GET" if method == "HEAD" else method, first_part(path)), "admin")


def is_open(path: str) -> bool:
    """Whether a path asks for no token at all."""
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def is_page(path: str) -> bool:
    """Whether a path is for people with a browser."""
    return first_part(path) == "ui"


def first_part(path: str) -> str:
    """Return what stands behind the first slash of a path; "" for `/`, and for what is no path, as `*`."""
    return path.partition("/")[2].partition("/")[0]
