"""What those ask who run the server: does it live, can it take work, what has it done."""

from fastapi import APIRouter, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from envserver.metrics import CONTENT_TYPE, Metrics
from envserver.store.store import Store

_DOCS_POLICY = (
    "default-src 'none'; script-src https://cdn.jsdelivr.net 'unsafe-inline'; connect-src 'self'; "
    "style-src https://cdn.jsdelivr.net 'unsafe-inline'; img-src https://fastapi.tiangolo.com data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def operation_routes(store: Store | None, metrics: Metrics) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process lives."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> dict[str, str]:
        """Say whether work can be taken: 503 while the store does not answer."""
        if store is None:
            return {"status": "ready", "store": "none"}
        await store.check()
        return {"status": "ready", "store": "ok"}

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def counts() -> Response:
        """Return counts and durations as Prometheus reads them."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    @router.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        """Show the OpenAPI; FastAPI's page, which loads its script from elsewhere."""
        page = get_swagger_ui_html(openapi_url="/openapi.json", title="Echelon")
        page.headers["Content-Security-Policy"] = _DOCS_POLICY
        return page

    return router
