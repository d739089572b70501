"""Runs with their attempts and log, rewards, rollouts, tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "runs",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("name", sa.String(128), nullable=False, unique=True),
        sa.Column("curriculum", sa.String(300)),
        sa.Column("config", sa.Text),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("began", sa.Double, nullable=False, index=True),
        sa.Column("seen", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "attempts",
        sa.Column("run_key", _KEY, sa.ForeignKey("runs.key", ondelete="CASCADE"), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("first_generation", sa.BigInteger, nullable=False),
        sa.Column("began", sa.Double, nullable=False),
    )
    op.create_table(
        "run_log",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("run_key", _KEY, sa.ForeignKey("runs.key", ondelete="CASCADE"), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.UniqueConstraint("run_key", "attempt", "step", "kind"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "rewards",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("digest", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("curriculum", sa.String(300)),
        sa.Column("reward", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    _rollouts()
    op.create_table(
        "tokens",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("scopes", sa.String(128), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("expires", sa.Double),
        sa.Column("revoked", sa.Double),
    )


def _rollouts() -> None:
    op.create_table(
        "rollouts",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("identity", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("body", sa.LargeBinary(16), nullable=False),
        sa.Column("run_key", _KEY, sa.ForeignKey("runs.key", ondelete="CASCADE"), nullable=False),
        sa.Column("reward_key", _KEY, sa.ForeignKey("rewards.key"), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("phase", sa.String(8), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("slot", sa.BigInteger, nullable=False),
        sa.Column("sample", sa.BigInteger, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("stage", sa.String(128)),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reward", sa.Double),
        sa.Column("flags", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rollouts_run", "rollouts", ["run_key", "key"])


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    for table in ("tokens", "rollouts", "rewards", "run_log", "attempts", "runs"):
        op.drop_table(table)
