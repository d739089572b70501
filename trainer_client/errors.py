"""What can go wrong on the trainer's side.

TrainerError
├── BadConfig            the configuration says something unknown or impossible
├── BadRun               the run folder cannot be used as asked
├── ServerUnreachable    no answer within the deadline, after retries
├── ServerRefused        the server answered that the request is wrong (4xx); trying again would not help
├── BadReply             the reply is not what the protocol says: another server, or another version of it
├── SamplerFailed        the endpoint that answers problems does not, or not in its protocol
├── NotDecodable         a model of a shape that the own decode loop does not know
├── SeamBroken           the sampler or the trunk cache gave other numbers than the model; nothing is trained on it
├── EnvironmentFailed    an environment call failed on some rank; raised on every rank alike
├── TrainingPaused       a sign of gaming jumped, and the run was told to stop at that; --resume goes on
└── TrainingCollapsed    the policy earns nothing any more, and going back at a lower rate did not help
"""


class TrainerError(Exception):
    """Root of everything raised on purpose by `trainer_client`."""


class BadConfig(TrainerError):
    """A configuration that cannot be run."""


class BadRun(TrainerError):
    """A run folder that does not fit what was asked."""


class ServerUnreachable(TrainerError):
    """The server did not answer in time."""


class ServerRefused(TrainerError):
    """The server refused a request."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class BadReply(TrainerError):
    """The server answered something that is no answer to the request."""


class SamplerFailed(TrainerError):
    """An endpoint that completions were asked of."""


class NotDecodable(TrainerError):
    """A model that `trainer_client/sampling` cannot decode; transformers' own loop can."""


class SeamBroken(TrainerError):
    """Numbers that must be the model's are others."""


class EnvironmentFailed(TrainerError):
    """A rank could not reach or use the environment."""


class TrainingPaused(TrainerError):
    """An alarm in a run that pauses at alarms."""


class TrainingCollapsed(TrainerError):
    """Every group has earned nothing for too long, or a weight is no number, and no rollback is left."""
