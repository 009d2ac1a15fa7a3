"""What a person sees in a browser: the report, and the graph of the recipe in kedro-viz."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.system
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The page in a frame as wide as a telephone, measured from outside; media queries follow the frame's width.
FRAME = """<!doctype html><title>frame</title><iframe width="{width}" height="844" src="{page}"></iframe>
<pre></pre><script>
const frame = document.querySelector("iframe");
frame.onload = () => {{
  const root = frame.contentDocument.documentElement;
  const asked = frame.contentWindow.performance.getEntriesByType("resource").map(entry => entry.name);
  document.querySelector("pre").textContent = JSON.stringify(
    {{scroll: root.scrollWidth, resources: asked, text: root.innerText.length}});
}};
</script>"""


class Quiet(SimpleHTTPRequestHandler):
    """A file server that logs nothing."""

    def log_message(self, *_) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def page_after_scripts(chromium, tmp_path) -> Callable[[str], str]:
    """Return a function: address -> the page as it is once its scripts have run."""

    def dump(address: str) -> str:
        words = [chromium, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=10000"]
        with subprocess.Popen(
            [*words, "--dump-dom", address],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        ) as browser:  # fmt: skip
            try:
                return browser.communicate(timeout=120)[0]
            except subprocess.TimeoutExpired:
                os.killpg(browser.pid, signal.SIGKILL)
                raise

    return dump


@pytest.fixture(scope="module")
def site(smoke, once, project) -> Path:
    """The static site that kedro-viz builds from the stored data."""

    def make(folder: Path) -> dict[str, str]:
        # A build always reads the project's own data folder.
        shutil.copytree(smoke.project, folder, symlinks=True)
        shutil.copytree(smoke.data_root, folder / "data")
        words = ["viz", "build", "--include-hooks", "--include-previews"]
        done = subprocess.run(
            [sys.executable, "-m", "kedro", *words],
            cwd=folder, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return {"build": str(folder / "build")}

    return Path(once("viz", make)["build"])


def test_the_report_shows_the_verdict(smoke, page_after_scripts):
    with served(smoke.reporting("report.html").parent) as address:
        shown = page_after_scripts(f"{address}/report.html")
    text = html.unescape(re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", shown, flags=re.DOTALL))
    verdict = smoke.document("verdict.json")
    assert verdict["word"] in text
    assert re.search(rf"tradeable\s+{verdict['tradeable']}", text)
    assert "kedro run" in text


@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_fits_its_window_and_asks_for_nothing(smoke, page_after_scripts, tmp_path, width):
    shutil.copy(smoke.reporting("report.html"), tmp_path)
    (tmp_path / "frame.html").write_text(FRAME.format(width=width, page="report.html"))
    with served(tmp_path) as address:
        shown = page_after_scripts(f"{address}/frame.html")
    measured = json.loads(html.unescape(re.search(r"<pre>(.*?)</pre>", shown, re.DOTALL)[1]))
    assert measured["text"] > 1000
    assert measured["scroll"] <= width
    assert measured["resources"] == []


def test_the_graph_shows_every_node_and_previews(site, registered, page_after_scripts):
    nodes = json.loads((site / "api" / "main").read_text())["nodes"]
    tasks = {node["name"] for node in nodes if node["type"] == "task"}
    assert {node.short_name for node in registered["trigger"].nodes} <= tasks
    kinds = {}
    for node in nodes:
        if node["type"] == "data":
            details = json.loads((site / "api" / "nodes" / node["id"]).read_text())
            kinds[node["name"]] = details.get("preview_type") if details.get("preview") else None
    without = {name for name, kind in kinds.items() if kind is None}
    without = {name for name in without if not name.startswith("trigger.checkpoints_")}
    unseen = {"report", "features_tda_blocks", "tried", "onnx_nbeats"}
    assert without <= {f"trigger.{name}" for name in unseen} | {"provenance"}
    assert set(kinds.values()) >= {"TablePreview", "JSONPreview", "PlotlyPreview"}
    with served(site) as address:
        shown = page_after_scripts(f"{address}/?expandAllPipelines=true")
    for name in ("trigger.model_nbeats", "trigger.trades", "trigger.report"):
        assert name in shown
