"""One rank of a run under torchrun: it trains, and writes down what it believes; or it fails where it is told to.

    torchrun --nproc_per_node 2 one_rank.py CONFIG FOLDER [--resume] [--fault RANK]

With a fault that rank's server fails from the third generation on.
"""

import json
import os
import sys
from argparse import ArgumentParser
from hashlib import sha256
from pathlib import Path
from typing import Any

import trainer_client.train as training
from envserver.wire import VerdictOut
from trainer_client.client import EnvClient
from trainer_client.config import load_config
from trainer_client.errors import ServerUnreachable, TrainerError
from trainer_client.loading.models import prepare_libraries
from trainer_client.run.arguments import processes
from trainer_client.watching.ladder import Ladder

_TRACE: list[Any] = []


class _Recorded(Ladder):
    """Writes down what this rank believes whenever it takes slots: once a generation, on every rank."""

    def take(self, n: int) -> list[int]:
        _TRACE.append(self.state)
        return super().take(n)


class _Failing(EnvClient):
    calls = 0

    def score(self, *args: Any, **kwargs: Any) -> list[VerdictOut]:
        self.calls += 1
        if self.calls > 2:
            raise ServerUnreachable("this rank's server went away")
        return super().score(*args, **kwargs)


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--fault", type=int)
    given = parser.parse_args()
    prepare_libraries()
    training.Ladder = _Recorded  # type: ignore[misc]
    rank = processes().process_index
    (given.folder / f"pid-{rank}").write_text(str(os.getpid()))
    settings = load_config(given.config)
    with (_Failing if rank == given.fault else EnvClient)(settings.server.url) as client:
        try:
            trainer = training.train(settings, client, given.resume)
        except TrainerError as error:
            sys.exit(f"rank {rank}: {error}")
    weights = sha256(b"".join(weight.numpy().tobytes() for weight in trainer.model.state_dict().values()))
    held = {"weights": weights.hexdigest(), "trace": [*_TRACE, trainer.ladder.state]}
    (given.folder / f"rank-{rank}.json").write_text(json.dumps(held))


if __name__ == "__main__":
    main()
