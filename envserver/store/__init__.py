"""What was scored in a run, kept: SQLite or PostgreSQL, written in groups, acknowledged when it is on the disk."""
