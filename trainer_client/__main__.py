"""`python -m trainer_client` is `echelon-trainer`."""

from trainer_client.cli import app

app()
