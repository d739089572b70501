"""`python -m envserver` is `echelon-server`."""

from envserver.cli import app

app()
