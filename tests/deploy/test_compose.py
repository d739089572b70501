"""The short form of `make test-compose`, without an engine: the file says of every service what the long form sees."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:")


def test_each_waits_for_what_it_needs() -> None:
    for name in ("server", "replica"):
        assert SERVICES[name]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert SERVICES["trainer"]["depends_on"] == {"server": {"condition": "service_healthy"}}
    assert set(SERVICES["proxy"]["depends_on"]) == {"server", "replica"}


def test_by_itself_it_is_database_server_and_trainer() -> None:
    assert {name for name, one in SERVICES.items() if "profiles" not in one} == {"db", "server", "trainer"}


def test_every_target_is_built_and_nobody_is_root() -> None:
    targets = {one["build"]["target"] for one in SERVICES.values() if "build" in one}
    for target in targets:
        stage = DOCKERFILE.partition(f" AS {target}\n")[2].partition("\nFROM ")[0]
        assert "USER 10001" in stage
    assert "# syntax=" not in DOCKERFILE


def test_what_is_copied_into_an_image_is_not_ignored() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {word for line in DOCKERFILE.splitlines() if line.startswith("COPY ") for word in line.split()[1:-1]}
    assert copied <= kept


def test_nginx_knows_the_servers() -> None:
    upstream = (ROOT / "deploy" / "nginx.conf").read_text()
    for name in ("server", "replica"):
        assert f"server {name}:8000" in upstream
