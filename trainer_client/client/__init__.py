"""The client: calls.py says what is asked, env_client.py sends it at once, async_client.py to be awaited."""

from trainer_client.client.env_client import HERE, EnvClient

__all__ = ["HERE", "EnvClient"]
