"""The way in where tokens are asked for: a token becomes a cookie, which is good for pages alone."""

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from envserver.http.access import COOKIE, Tokens
from envserver.pages.forms import fields, refuse_others
from envserver.pages.rendering import page

_DAYS = 30


def entrance_routes(tokens: Tokens | None) -> APIRouter:
    """Return the routes; without `tokens` there is nothing to show a token for."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def root() -> Response:
        return RedirectResponse("/ui", 303)

    @router.get("/ui/login")
    async def login(to: str = "/ui") -> Response:
        return RedirectResponse(_local(to), 303) if tokens is None else page("login.html", to=_local(to), wrong=False)

    @router.post("/ui/login")
    async def enter(request: Request) -> Response:
        sent = fields(request)
        to, secret = _local(sent.get("to", "")), sent.get("token", "").strip()
        token = await tokens.find(secret) if tokens else None
        if token is None or not token.scopes & {"read", "admin"}:
            return page("login.html", 401, to=to, wrong=True)
        reply = RedirectResponse(to, 303)
        secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
        reply.set_cookie(
            COOKIE, secret, max_age=_DAYS * 86_400, path="/ui", secure=secure, httponly=True, samesite="strict"
        )
        return reply

    @router.post("/ui/logout")
    async def leave(request: Request) -> Response:
        refuse_others(request)
        reply = RedirectResponse("/ui/login", 303)
        reply.delete_cookie(COOKIE, path="/ui")
        return reply

    return router


def _local(to: str) -> str:
    """Return where to go on: a page of ours and of nobody else."""
    return to if to == "/ui" or to.startswith(("/ui/", "/ui?")) else "/ui"
