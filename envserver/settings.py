"""What an operator may set, from `ECHELON_*` in the environment."""

import os
from pathlib import Path
from tempfile import gettempdir
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

import curricula

_HOME = os.path.expanduser("~")  # stays "~" for a user without a home, as in some containers
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or (gettempdir() if _HOME == "~" else f"{_HOME}/.cache")) / "echelon"


class Settings(BaseSettings):
    """Settings of one server process; `ECHELON_PORT=9000` sets `port`."""

    model_config = SettingsConfigDict(env_prefix="ECHELON_", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    curricula: Path | None = Field(None, description="a folder with more curriculum files")
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

    @field_validator("sets", "curricula", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders with curriculum files: the ones shipped, then the operator's."""
        shipped = Path(curricula.__file__).parent
        return (shipped, self.curricula) if self.curricula else (shipped,)
