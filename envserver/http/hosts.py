"""Which names this server answers to, and what every reply tells a browser.

A page of another site can have a browser ask a loopback address under that site's own name (DNS rebinding): the Host
that it then sends is not one of ours.
"""

from collections.abc import Collection, Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from envserver.http.refusals import refusal

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": _NOTHING,
    "Cache-Control": "no-store",
}
_SET = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_NAMES = frozenset(name for name, _ in _SET)


class HostMiddleware:
    """Answers 421 to other names than `hosts` (`*`: any; `*.example.org`: all below), and adds headers; pure ASGI."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self.names: Collection[str] = frozenset(host.lower() for host in hosts)
        self.below = tuple(host[1:].lower() for host in hosts if host.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]} & _NAMES
                missing = [pair for pair in _SET if pair[0] not in said] if said else _SET
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        if not self._ours(Headers(scope=scope).get("host", "")):
            refused = refusal(421, "unknown_host", "this server does not answer to that name (ECHELON_HOSTS)", {})
            await refused(scope, receive, told)
            return
        await self.app(scope, receive, told)

    def _ours(self, host: str) -> bool:
        if "*" in self.names:
            return True
        name = host.lower()
        if not name.endswith("]"):
            name, _, port = name.rpartition(":") if ":" in name else (name, "", "")
            if port and not port.isdigit():
                return False
        return name in self.names or (bool(self.below) and name.endswith(self.below)) or _is_address(name)


def of_another_site(headers: Mapping[str, str]) -> bool:
    """Whether a page of another site has somebody's browser ask, which neither forms nor sockets need leave for."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _is_address(name: str) -> bool:
    """Whether it is no name at all: what is asked for by its address was not found by another site's name."""
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
