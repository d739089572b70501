"""The pages photographed: `python -m tests.envserver.pages.screenshots rollouts.db docs/pages`, for its newest run."""

import sys
import tempfile
from pathlib import Path

import httpx

from tests.envserver.pages.browser import SIZES, browser
from trainer_client.server_process import running_server

_SHOTS = (
    ("run", "/ui/runs/{run}", "light", "wide"),
    ("run-phone", "/ui/runs/{run}", "dark", "phone"),
    ("playground", "/ui/play?curriculum=inverse&stage=random_2x2&slot=3", "light", "wide"),
    ("rollout", "/ui/rollouts/{key}", "dark", "wide"),
    ("rollouts", "/ui/rollouts?run={run}&outcome=correct", "light", "wide"),
    ("compare", "/ui/compare?{runs}", "light", "wide"),
    ("ladder", "/ui/curricula/inverse", "dark", "wide"),
)
_TALL = 1_500  # pixels of a picture at most


def main(store: Path, out: Path) -> None:
    """Photograph each page of what is kept in a SQLite file."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"ECHELON_DATABASE_URL": f"sqlite:///{store.resolve()}"}
        with running_server(Path(folder) / "server.log", settings=settings) as url, browser() as chromium:
            names = [run["run"] for run in httpx.get(f"{url}/runs").json()]
            run = next((name for name in names if name.startswith("staged")), names[0])
            asked = {"run": run, "stage": "shear", "outcome": "correct", "most": "1"}
            key = httpx.get(f"{url}/rollouts", params=asked).json()[0]["key"]
            known = {"run": run, "key": key, "runs": "&".join(f"run={name}" for name in names[:3])}
            for name, path, scheme, size in _SHOTS:
                width, height = SIZES[size]
                page = chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": height})
                page.goto(url + path.format(**known), wait_until="networkidle")
                tall = min(_TALL, page.evaluate("document.documentElement.scrollHeight"))
                page.set_viewport_size({"width": width, "height": max(height, tall)})
                page.wait_for_load_state("networkidle")
                page.screenshot(path=out / f"{name}.png")
                page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
