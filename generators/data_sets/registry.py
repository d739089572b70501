"""The data sets that this process serves, by name: set once at the start, by the operator, and only read after it."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from generators.data_sets.errors import BadDataSet
from generators.data_sets.rows import Answer, Source
from generators.data_sets.store import RowStore, opened
from generators.errors import BadId, did_you_mean
from generators.parameters import Params, Word

_SHIPPED = Path(__file__).with_name("shipped")
SHIPPED: Mapping[str, Source] = {
    source.name: source
    for source in (
        Source("small_gsm8k", "gsm8k", str(_SHIPPED / "gsm8k")),
        Source(
            "small_endings", "hellaswag", str(_SHIPPED / "endings"), splits={"train": "train", "test": "validation"}
        ),
        Source("small_numbers", "rows", str(_SHIPPED / "numbers.jsonl"), answers="number"),
        Source("small_expressions", "math500", str(_SHIPPED / "expressions.jsonl")),
        Source("small_choices", "rows", str(_SHIPPED / "choices.jsonl"), answers="choice"),
        Source("small_texts", "rows", str(_SHIPPED / "texts.jsonl"), answers="text"),
        Source("small_countdown", "countdown", str(_SHIPPED / "countdown.jsonl")),
    )
}
# What the examples of the families name; a changed row changes them, and with them what the examples mean.
_FINGERPRINTS = {
    "small_gsm8k": "f45679fb598ff",
    "small_endings": "fad595f95953e",
    "small_numbers": "f9c3255cea713",
    "small_expressions": "fc3330f25296e",
    "small_choices": "f53a75ae2a671",
    "small_texts": "f7d725df777f4",
    "small_countdown": "fd843a0551cbb",
}

_registered: dict[str, RowStore] = {}

SET = Word(r"[a-z][a-z0-9_]{0,31}", "name of a data set that the server has registered")
FINGERPRINT = Word(r"f[0-9a-f]{12}", "hash of all rows: another text of the set is another problem")


def register(sources: Iterable[Source], folder: Path) -> Mapping[str, RowStore]:
    """Open the sets and serve these and the shipped ones from now on; raises `BadDataSet` and changes nothing."""
    stores: dict[str, RowStore] = {}
    for source in sources:
        if source.name in SHIPPED or source.name in stores:
            raise BadDataSet(f"there already is a set {source.name!r}")
        stores[source.name] = opened(source, folder)
    _registered.clear()
    _registered.update(stores)
    return registered()


def registered() -> Mapping[str, RowStore]:
    """Return the operator's sets, without the shipped ones."""
    return MappingProxyType(dict(_registered))


def shipped(name: str) -> Params:
    """Return the parameters that name a shipped set."""
    return {"set": name, "fingerprint": _FINGERPRINTS[name]}


def store_named(name: str) -> RowStore:
    """Return a set by its name; raises `BadId`."""
    if name in _registered:
        return _registered[name]
    if name not in SHIPPED:
        raise BadId(
            "parameters", f"no data set {name!r} is registered here{did_you_mean(name, [*_registered, *SHIPPED])}"
        )
    return _shipped(name)


@cache
def _shipped(name: str) -> RowStore:
    return opened(SHIPPED[name], _SHIPPED)  # they are small, so that nothing is written


def settled(params: Params) -> Params:
    """Return the fingerprint that the set of some parameters has here; raises `BadId`."""
    return {"fingerprint": store_named(str(params["set"])).fingerprint} if "set" in params else {}


def store_of(params: Params, answers: Answer) -> RowStore:
    """Return the set that parameters name; raises `BadId` for other data, or another kind of answers."""
    store = store_named(str(params["set"]))
    if store.fingerprint != params["fingerprint"]:
        raise BadId("parameters", f"the set {params['set']} has the fingerprint {store.fingerprint} here")
    if store.answers != answers:
        raise BadId("parameters", f"the answers of {params['set']} are of the type {store.answers}, not {answers}")
    return store
