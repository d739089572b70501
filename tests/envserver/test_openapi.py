"""Schemathesis over the OpenAPI, with all of its checks: what it makes up is answered as documented, and never 5xx."""

from pathlib import Path

import schemathesis
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from hypothesis import HealthCheck, Phase, given, settings

from envserver import wire
from envserver.app import create_app
from envserver.settings import Settings

_EXAMPLES = 25
# What JSON Schema cannot say, as that a curriculum or a family is asked for and not both, is 422 and documented so.
_ACCEPTED = {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 403, 404, 409, 422]}}}


def test_everything_is_answered_as_documented(tmp_path: Path) -> None:
    """A server that keeps what it scores, with access open; every operation of its OpenAPI."""
    asked, wrong = _asked(create_app(Settings(database_url=f"sqlite:///{tmp_path}/kept.db", hosts="testserver")))
    assert asked > 15
    assert not wrong, "\n\n".join(f"{label}: {error}" for label, error in wrong.items())


def test_what_is_not_as_documented_is_found() -> None:
    """A route that fails, and one that answers something else than it says."""
    app = create_app(Settings(database_url="none", hosts="testserver"))

    @app.get("/planted/failing")
    async def failing() -> dict[str, str]:
        raise ValueError("planted")

    @app.get("/planted/other", response_model=wire.Kept)
    async def other() -> JSONResponse:
        return JSONResponse({"kept": 1})

    assert set(_asked(app, "/planted/")[1]) == {"GET /planted/failing", "GET /planted/other"}


def _asked(app: FastAPI, within: str = "/") -> tuple[int, dict[str, BaseException]]:
    """Return how many operations there are within a path, and what is wrong with which."""
    config = schemathesis.Config.from_dict(_ACCEPTED)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    operations = [found.ok() for found in schema.get_all_operations() if f" {within}" in found.ok().label]
    wrong: dict[str, BaseException] = {}
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=_EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def answered(case: schemathesis.Case) -> None:
            case.call_and_validate()

        try:
            answered()
        except BaseException as error:
            wrong[operation.label] = error
    return len(operations), wrong
