"""Who may do what: every request carries the scopes it was granted, by its token or, with access open, as anybody."""

import asyncio
import logging
import time
from urllib.parse import quote

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from envserver.http.refusals import refusal
from envserver.http.scopes import is_open, is_page, needed
from envserver.store.database import Database
from envserver.store.errors import StoreUnavailable
from envserver.store.tokens import PREFIX, Token, all_tokens, hashed

GRANTED = "echelon.scopes"
"""Where in the ASGI scope the granted scopes are."""

COOKIE = "echelon_token"
"""What a page's token is kept in; it opens nothing but pages."""

_log = logging.getLogger(__name__)
_FRESH_S = 10.0  # a token that is revoked lets in for so long
_NEWER_S = 1.0  # they are read again so often at most, by whoever asks first: others go by what is known
_PATIENCE_S = 0.5  # for who is known, where the store says nothing
_STALE_S = 300.0  # and so long without a store


class Tokens:
    """The tokens of the store, read now and then: no request waits for the store that a known token is in."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, Token] = {}
        self._read = float("-inf")
        self._tried = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._thread = CapacityLimiter(1)

    async def find(self, secret: str) -> Token | None:
        """Return a token that lets in; raises `StoreUnavailable`."""
        key, now = hashed(secret), time.monotonic()
        age = now - self._read
        good = key in self._known and age < _STALE_S
        starts = now - self._tried > _NEWER_S and (age > _FRESH_S or not good)
        if starts:
            self._tried = now
            if self._looking is None or self._looking.done():  # of many who ask at once one looks
                self._looking = asyncio.get_running_loop().create_task(self._read_all())
        # Who is known waits a moment at most, and only if nobody else does.
        if self._looking is not None and (starts or not good):
            await asyncio.wait({self._looking}, timeout=_PATIENCE_S if good else self._database.wait_s)
        if time.monotonic() - self._read > _STALE_S:
            raise StoreUnavailable("tokens cannot be looked up")
        token = self._known.get(key)
        return token if token is not None and token.valid(time.time()) else None

    async def _read_all(self) -> None:
        try:
            found = await run_sync(all_tokens, self._database, limiter=self._thread)
        except StoreUnavailable:
            _log.error("the store does not answer: tokens are those of before")
            return
        self._known, self._read = {token.hash: token for token in found}, time.monotonic()


class AccessMiddleware:
    """Grants scopes, or answers 401 and 403; pure ASGI. Without `tokens` it grants everybody `granted`."""

    def __init__(self, app: ASGIApp, tokens: Tokens | None, granted: frozenset[str]) -> None:
        self.app = app
        self.tokens = tokens
        self.granted = granted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope[GRANTED] = self.granted
        if not is_open(scope["path"]):
            try:
                denied = (await self._unknown(scope, self.tokens) if self.tokens else None) or _denied(scope)
            except StoreUnavailable:
                denied = refusal(503, "store_unavailable", "tokens cannot be looked up now", {"Retry-After": "1"})
            if denied is not None:
                await denied(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _unknown(self, scope: Scope, tokens: Tokens) -> ASGIApp | None:
        """Grant what the token of a request is good for, or return what refuses it."""
        secret = _secret(scope)
        token = await tokens.find(secret) if secret.startswith(PREFIX) else None
        if token is None:
            if is_page(scope["path"]) and scope.get("method") == "GET":
                asked = scope["path"] + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
                return RedirectResponse(f"/ui/login?to={quote(asked, safe='')}", 303)
            asks = {"WWW-Authenticate": 'Bearer realm="echelon"'}
            return refusal(401, "no_token", "a token is needed that is valid: Authorization: Bearer ech_...", asks)
        scope[GRANTED] = token.scopes
        return None


def _secret(scope: Scope) -> str:
    """Return the token of a request, "" where it has none: in its header, or, for a page, in the page's cookie."""
    headers = Headers(scope=scope)
    kind, _, secret = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return secret.strip()
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "") if is_page(scope["path"]) else ""


def _denied(scope: Scope) -> ASGIApp | None:
    wanted = needed(scope.get("method", "GET"), scope["path"])
    if wanted is None or scope[GRANTED] & {wanted, "admin"}:
        return None
    return refusal(403, "wrong_scope", f"this needs the scope {wanted!r}", {})
