"""The tables. Times are seconds since 1970; what others wrote is JSON, so that any character fits any database."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

# SQLite numbers rows by itself only where the key is an INTEGER; and without AUTOINCREMENT it gives the number of a run
# that was removed to the next one: a server that remembers it would keep rollouts under another run.
_KEY = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()


def _run() -> Column[int]:
    return Column("run_key", ForeignKey("runs.key", ondelete="CASCADE"), nullable=False)


runs = Table(
    "runs",
    metadata,
    Column("key", _KEY, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("curriculum", String(300)),
    Column("config", Text),  # JSON, of a run that its trainer has announced
    Column("state", String(16), nullable=False),
    Column("note", Text),  # JSON
    Column("began", Double, nullable=False, index=True),
    Column("seen", Double, nullable=False),
    sqlite_autoincrement=True,
)

# A later attempt goes on from a checkpoint: what earlier ones scored at its first generation and later is superseded.
attempts = Table(
    "attempts",
    metadata,
    Column("run_key", ForeignKey("runs.key", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("first_generation", BigInteger, nullable=False),
    Column("began", Double, nullable=False),
)

run_log = Table(
    "run_log",
    metadata,
    Column("key", _KEY, primary_key=True),
    _run(),
    Column("attempt", Integer, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("body", Text, nullable=False),  # JSON
    Column("at", Double, nullable=False),
    UniqueConstraint("run_key", "attempt", "step", "kind"),
    sqlite_autoincrement=True,
)

rewards = Table(
    "rewards",
    metadata,
    Column("key", _KEY, primary_key=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True),
    Column("curriculum", String(300)),
    Column("reward", Text, nullable=False),  # JSON
    sqlite_autoincrement=True,
)

rollouts = Table(
    "rollouts",
    metadata,
    Column("key", _KEY, primary_key=True),
    Column("identity", LargeBinary(16), nullable=False, unique=True),
    Column("body", LargeBinary(16), nullable=False),
    _run(),
    Column("reward_key", ForeignKey("rewards.key"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("phase", String(8), nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("slot", BigInteger, nullable=False),
    Column("sample", BigInteger, nullable=False),
    Column("problem", Text, nullable=False),
    Column("stage", String(128)),
    Column("outcome", String(16), nullable=False),
    Column("reward", Double),
    Column("flags", Text, nullable=False),  # ` one two `: a name between blanks is found by LIKE
    Column("item", Text, nullable=False),  # JSON: what was judged
    Column("verdict", Text, nullable=False),  # JSON: what else was said of it
    Column("at", Double, nullable=False),
    Index("ix_rollouts_run", "run_key", "key"),
    sqlite_autoincrement=True,
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("hash", LargeBinary(32), nullable=False, unique=True),
    Column("scopes", String(128), nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double),
    Column("revoked", Double),
)
