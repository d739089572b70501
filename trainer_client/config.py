"""One YAML file, with command-line overrides, and clear errors for what is not known."""

from collections.abc import Sequence
from difflib import get_close_matches
from math import ceil
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from envserver.wire import Progress
from trainer_client.errors import BadConfig
from trainer_client.reward_config import AlarmsConfig, LikelihoodConfig, Strict
from trainer_client.run.trackers import Tracker
from trainer_client.sampling.names import Sampler
from trainer_client.strategies import Full, Strategy

Divergence = Literal["k3", "k3_uncorrected", "k2", "k1_in_reward", "reverse_kl", "forward_kl", "js", "alpha"]


class ServerConfig(Strict):
    """Where the problems come from."""

    url: str = Field("http://127.0.0.1:8000", pattern=r"^https?://[^/]+")
    deadline_s: float = Field(120.0, gt=0)
    """How long one call may be retried; keep it below the timeout of your collective operations."""


class CurriculumConfig(Strict):
    """What is learned, and in which style it is asked."""

    name: str = "inverse"
    style: str | None = None
    """The style of the prompts; None takes the curriculum's."""
    policy: dict[str, Any] = {}
    """Instead of the curriculum's own policy, e.g. {kind: uniform}."""

    def start(self, reference: str, horizon: int) -> Progress:
        """Return the progress of a learner who has seen nothing, and is to see `horizon` samples in all.

        Raises `BadConfig` for a policy that is none.
        """
        try:
            told = {"curriculum": reference, "policy": self.policy or None, "horizon": horizon}
            return Progress.model_validate(told)
        except ValidationError as error:
            raise BadConfig("\n".join(f"curriculum.{_explained(detail)}" for detail in error.errors())) from error


class ModelConfig(Strict):
    """Which model learns: a folder or a hub name that `AutoModelForCausalLM` loads, or `tiny`."""

    path: str = "tiny"
    hidden: int = Field(64, ge=16, multiple_of=16)
    """Of `tiny`; a head has 16."""
    layers: int = Field(2, ge=1)
    """Of `tiny`."""


class WarmstartConfig(Strict):
    """A short supervised phase on worked examples of the train split, a share of which is wrong."""

    steps: int = Field(600, ge=1)
    batch: int = Field(128, ge=1)
    learning_rate: float = Field(2e-3, gt=0)
    noise: float = Field(0.7, ge=0, le=1)
    """Share of wrong examples."""
    stages: dict[str, float] = {}
    """Share of each stage among the examples; empty means all alike."""
    data: Path | None = None
    """A file of examples instead of the server's: from `distill`, `export-dataset --layout sft`, or your own."""


class DistillConfig(Strict):
    """Rejection sampling on train problems; sampled up to `grpo.max_completion` tokens."""

    problems: int = Field(512, ge=1)
    """Different problems, all stages together."""
    samples: int = Field(8, ge=1)
    """Answers to each."""
    temperature: float = Field(1.0, gt=0)
    stages: dict[str, float] = {}
    """Share of each stage among the problems; empty means all alike."""
    recipe: Literal["r1", "limo", "s1"] = "r1"
    keep: int = Field(4, ge=1)
    """Answers kept of one problem, by the recipe r1."""
    endpoint: str | None = Field(None, pattern=r"^https?://[^/]+")
    """Instead of a model loaded here: an address that /chat/completions is below, such as http://127.0.0.1:8001/v1."""
    endpoint_model: str | None = None


class GrpoConfig(Strict):
    """One policy update per generation of `prompts` x `samples` completions."""

    steps: int = Field(100, ge=1)
    prompts: int = Field(32, ge=1)
    """Different problems per generation."""
    samples: int = Field(16, ge=2)
    """Completions per problem: GRPO's group."""
    alike: Literal["keep", "drop", "refill"] = "keep"
    """Groups whose samples all earned the same: kept, out of the loss, or others sampled in their place (DAPO)."""
    refills: int = Field(3, ge=1, le=32)
    """How often a generation may be sampled again for `refill`, at most; what is missing then is out of the loss."""
    micro_batch: int | None = Field(None, ge=1)
    """Rows per device and backward pass; None takes the whole generation."""
    learning_rate: float = Field(1e-3, gt=0)
    schedule: Literal["linear", "cosine", "constant_with_warmup"] = "linear"
    warmup_steps: int = Field(0, ge=0)
    loss: Literal["dapo", "grpo", "dr_grpo", "bnpo"] = "dapo"
    beta: float = Field(0.0, ge=0)
    """Weight of the divergence from the starting model; 0: none, and no reference is kept."""
    divergence: Divergence = "k3"
    """k3 is TRL's, times the ratio of probabilities, so that its gradient is right; all are in divergences.py."""
    alpha: float = Field(0.5, gt=0, lt=1)
    """Of the divergence `alpha`."""
    iterations: int = Field(1, ge=1)
    """Updates per generation."""
    max_completion: int = Field(48, ge=1)
    """Tokens of an answer, or of one turn."""
    max_episode: int = Field(512, ge=1)
    """Tokens of all turns of an episode together, with what the environment says in between."""
    temperature: float = Field(1.0, gt=0)
    sampler: Sampler = "auto"
    """auto is the own decode loop on a CPU, where it knows the model's shape, and hf (transformers) elsewhere."""
    vllm_url: str = Field("http://127.0.0.1:8001", pattern=r"^https?://[^/]+")
    """Of the sampler `vllm-server`: where `trl vllm-serve` listens."""
    vllm_memory: float = Field(0.3, gt=0, lt=1)
    """Of the sampler `vllm-colocate`: the share of the card that vLLM takes."""
    trunk_cache: bool | Literal["auto"] = "auto"
    """Compute layers below all that train once per batch: auto does where there are such layers and a second pass."""
    checkpointing: bool = False
    """Compute activations again in the backward pass: less memory, more time."""
    rollbacks: int = Field(2, ge=0)
    """How often a run that collapses goes back to its last good checkpoint, each time at 0.3 of the rate."""
    save_every: int = Field(20, ge=1)
    """Steps between checkpoints."""
    rollouts_logged: int = Field(16, ge=0)
    """Completions of each generation written to rollouts.jsonl."""

    @property
    def completions(self) -> int:
        """The completions of a run, without those that refilling takes."""
        return ceil(self.steps / self.iterations) * self.prompts * self.samples


class EvalConfig(Strict):
    """What `eval` asks: the first n distinct held-out problems of each stage; all of a data set that has fewer."""

    n: int = Field(320, ge=1, le=1_000_000)
    split: Literal["dev", "test"] = "test"
    stages: tuple[str, ...] = ()
    """Which stages; empty means all of the curriculum."""
    samples: int = Field(1, ge=1, le=1_024)
    """Answers to each problem at a temperature; pass@k and maj@k are estimated up to half of them."""
    batch: int = Field(256, ge=1)
    think: int = Field(0, ge=0)
    """Tokens that a thought takes before it is ended (budget forcing); 0 leaves thoughts alone."""
    waits: int = Field(0, ge=0, le=16)
    """How often a thought that ends before is told to wait."""
    endpoint: str | None = Field(None, pattern=r"^https?://[^/]+")
    """Instead of a model loaded here: an address that /chat/completions is below."""
    endpoint_model: str = "default"
    endpoint_extra: dict[str, Any] = {}
    """Fields beside OpenAI's that it is sent; with {top_k: -1, repetition_penalty: 1.0} vLLM samples as we do."""


class TrainConfig(Strict):
    """Everything a run depends on; written resolved into its folder."""

    run: Path = Path("runs/run")
    report_to: list[Tracker] = []
    """Where the metrics of every step are told of beside the run's folder and the server: TRL's names."""
    seed: int = Field(0, ge=0, lt=2**31)
    server: ServerConfig = ServerConfig()
    curriculum: CurriculumConfig = CurriculumConfig()
    model: ModelConfig = ModelConfig()
    strategy: Strategy = Full()
    warmstart: WarmstartConfig = WarmstartConfig()
    distill: DistillConfig = DistillConfig()
    grpo: GrpoConfig = GrpoConfig()
    likelihood: LikelihoodConfig | None = None
    alarms: AlarmsConfig = AlarmsConfig()
    eval: EvalConfig = EvalConfig()


def load_config(
    path: Path | None, overrides: Sequence[str] = (), run: Path | None = None, model: str | None = None
) -> TrainConfig:
    """Read a YAML file and apply overrides such as `grpo.steps=50`; raises `BadConfig`."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) if path else {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadConfig(f"{path}: {error}") from error
    if not isinstance(data, dict | None):
        raise BadConfig(f"{path}: a configuration is a mapping")
    data = data or {}
    for override in overrides:
        _override(data, override)
    config = validated(data)
    if model is not None:
        config = config.model_copy(update={"model": config.model.model_copy(update={"path": model})})
    return config.model_copy(update={"run": run}) if run is not None else config


def validated(data: dict[str, Any]) -> TrainConfig:
    """Return settings as a configuration; raises `BadConfig` naming what is unknown or impossible."""
    try:
        return TrainConfig.model_validate(data)
    except ValidationError as error:
        raise BadConfig("\n".join(_explained(detail) for detail in error.errors())) from error


def dump_config(config: TrainConfig) -> str:
    """Write a configuration as YAML that `load_config` reads back."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)


def _override(data: dict[str, Any], text: str) -> None:
    name, equals, value = text.partition("=")
    *parents, last = name.split(".")
    if not equals or not all((*parents, last)):
        raise BadConfig(f"an override is written key=value or group.key=value, not {text!r}")
    for parent in parents:
        data = data.setdefault(parent, {})
        if not isinstance(data, dict):
            raise BadConfig(f"{text!r}: {parent} is not a group")
    try:
        data[last] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise BadConfig(f"{text!r}: {error}") from error
    if isinstance(data[last], str):
        data[last] = _number(data[last])


def _number(text: str) -> str | float:
    """Read `1e-3`, which YAML 1.1 takes for a string."""
    try:
        return float(text) if text[:1].isdigit() else text
    except ValueError:
        return text


def _explained(detail: Any) -> str:
    where = ".".join(map(str, detail["loc"]))
    if detail["type"] != "extra_forbidden":
        return f"{where}: {detail['msg']}"
    model: Any = TrainConfig
    for part in detail["loc"][:-1]:
        field = model.model_fields.get(str(part)) if hasattr(model, "model_fields") else None
        model = field.annotation if field else None
    known = list(model.model_fields) if hasattr(model, "model_fields") else []
    close = get_close_matches(str(detail["loc"][-1]), known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; known here: {', '.join(known)}" if known else ""
    return f"{where}: unknown key{hint}"
