"""What an operator may set, from `ECHELON_*` in the environment."""

import os
from pathlib import Path
from socket import gethostname
from tempfile import gettempdir
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

import curricula
from envserver.http.hosts import LOOPBACK
from envserver.http.scopes import Access
from envserver.logs import LogFormat

_HOME = os.path.expanduser("~")  # stays "~" for a user without a home, as in some containers
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or (gettempdir() if _HOME == "~" else f"{_HOME}/.cache")) / "echelon"
_DATA = (
    Path(os.environ.get("XDG_DATA_HOME") or f"{_HOME}/.local/share") / "echelon"
    if _HOME != "~" or "XDG_DATA_HOME" in os.environ
    else Path(gettempdir()) / f"echelon-{os.getuid()}"
)


class Settings(BaseSettings):
    """Settings of one server process; `ECHELON_PORT=9000` sets `port`."""

    model_config = SettingsConfigDict(env_prefix="ECHELON_", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    curricula: Path | None = Field(None, description="a folder with more curriculum files")
    families: str = Field("", description="files (path/to/it.py) and modules with families, with commas between")
    sets: Path | None = Field(None, description="a YAML file that registers data sets")
    cache: Path = Field(_CACHE, description="where data sets are kept once they were read")
    reveal: bool = Field(False, description="whether /sample may reveal answers of train problems")
    max_body_bytes: int = Field(8 * 2**20, ge=1_024)
    max_completion_chars: int = Field(64 * 1_024, ge=256)
    max_in_flight: int = Field(256, ge=1)
    sandbox_lanes: int = Field(0, ge=0, le=256, description="programs that run at a time; 0: as many as processors")
    unprotected_programs: Literal["", "programs may do all that this user may"] = Field(
        "", description="say it in these words, and programs run also where the kernel does not hold them"
    )
    body_timeout_s: float = Field(30.0, gt=0)
    database_url: str = Field(
        default_factory=lambda: os.environ.get("DATABASE_URL") or f"sqlite:///{_DATA / 'rollouts.db'}",
        description="where rollouts are kept: sqlite:///path, postgresql://user@host/name, or none",
    )
    store_timeout_s: float = Field(10.0, gt=0, le=300, description="how long a reply waits for the store")
    keep_days: float = Field(0.0, ge=0, description="runs nobody was heard of for longer are removed; 0: none")
    access: Access = Field("auto", description="open, tokens, or auto: open on loopback and tokens elsewhere")
    hosts: str = Field("", description="names this server answers to, with commas between; * for any")
    log_format: LogFormat = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_requests: bool = Field(False, description="log every request, and not only those that went wrong")
    shutdown_s: float = Field(20.0, gt=0, description="how long requests may take to end once the server is to")

    @field_validator("sets", "curricula", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders with curriculum files: the ones shipped, then the operator's."""
        shipped = Path(curricula.__file__).parent
        return (shipped, self.curricula) if self.curricula else (shipped,)

    @property
    def keeps(self) -> bool:
        """Whether rollouts are kept at all."""
        return self.database_url.lower() != "none"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can ask."""
        return self.host.strip("[]").lower() in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def wants_tokens(self) -> bool:
        """Whether a request needs a token."""
        return self.access == "tokens" or (self.access == "auto" and not self.loopback)

    @property
    def names(self) -> tuple[str, ...]:
        """The names this server answers to, beside all addresses; any, where a token is needed anyway."""
        given = tuple(name.strip() for name in self.hosts.split(",") if name.strip())
        if self.wants_tokens and not given:
            return ("*",)
        return (*LOOPBACK, self.host, gethostname().lower(), *given)
