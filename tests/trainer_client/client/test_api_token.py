"""The token a server asks for: taken as secrets are mounted, refused without being told, sent with every call."""

import httpx
import pytest

from trainer_client.client import EnvClient
from trainer_client.client.api_token import authorization
from trainer_client.errors import BadConfig


def test_it_is_read_from_the_environment_and_its_line_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECHELON_TOKEN", "ech_abcdefgh\n")
    assert authorization(None) == {"Authorization": "Bearer ech_abcdefgh"}
    assert authorization("") == {}
    monkeypatch.delenv("ECHELON_TOKEN")
    assert authorization(None) == {}


@pytest.mark.parametrize("token", ["secret", "ech_ä", "ech_abcdefgh\nX: y", "Bearer ech_abcdefgh"])
def test_what_is_none_is_refused_and_not_told(token: str) -> None:
    with pytest.raises(BadConfig) as error:
        EnvClient("http://localhost", token=token)
    assert token not in str(error.value)


def test_it_is_sent_with_every_call() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Authorization"))
        return httpx.Response(403, json={"error": {"message": "no"}})

    client = EnvClient("http://localhost", transport=httpx.MockTransport(answer), token="ech_abcdefgh")
    with pytest.raises(Exception, match="no"):
        client.curriculum("inverse")
    assert seen == ["Bearer ech_abcdefgh"]
