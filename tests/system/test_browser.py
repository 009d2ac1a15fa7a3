"""What a person sees in a browser: the report, the comparison, the graph, MLflow's page and the docs."""

import html
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
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
    # What a page writes to its console goes to stderr, a line each.
    "--enable-logging=stderr",
]
# The page in a frame as wide as a telephone, measured from outside; media queries follow the frame's width.
FRAME = """<!doctype html><title>frame</title><iframe width="{width}" height="{height}" src="{page}"></iframe>
<pre></pre><script>
const frame = document.querySelector("iframe");
frame.onload = async () => {{
  const page = frame.contentDocument, root = page.documentElement;
  const ends = (name) => [...page.querySelectorAll(name)].map(one => one.getBoundingClientRect().bottom);
  const bottom = (name) => Math.max(...ends(name));
  const screen = {{verdict: bottom(".big"), front: bottom(".pair.last h2")}};
  const charts = page.querySelectorAll("svg.chart").length, folded = page.querySelectorAll("details.zoom");
  folded.forEach(one => {{ one.open = true; }});
  const drawn = () => page.querySelectorAll("details.zoom .js-plotly-plot .main-svg").length;
  // Scripts of a page may still be at work once it is loaded: plotly draws, the docs wrap their tables.
  const busy = () => drawn() < folded.length || root.scrollWidth > {width};
  for (let k = 0; k < 60 && busy(); k++) await new Promise(done => setTimeout(done, 100));
  const asked = frame.contentWindow.performance.getEntriesByType("resource").map(entry => entry.name);
  document.querySelector("pre").textContent = JSON.stringify(
    {{scroll: root.scrollWidth, resources: asked, text: root.innerText.length, charts, drawn: drawn(),
      ...screen}});
}};
</script>"""


# A static site of kedro-viz asks for the version of the server that it does not have.
NO_SERVER = "metadata fetch error"


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
    """Return a function: address -> the page once its scripts have run, without a word on the console."""

    def dump(address: str) -> str:
        words = [chromium, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=10000"]
        with subprocess.Popen(
            [*words, "--dump-dom", address],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        ) as browser:  # fmt: skip
            try:
                shown, said = browser.communicate(timeout=120)
                lines = [line for line in said.splitlines() if "CONSOLE" in line and "rror" in line]
                complaints = [line for line in lines if NO_SERVER not in line]
                assert not complaints, complaints
                return shown
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


@pytest.fixture(scope="module")
def compared(smoke, once) -> Path:
    """The page of `kedro run --pipelines=compare` on the store of the small run."""

    def make(folder: Path) -> dict[str, str]:
        words = ["run", "--pipelines=compare", "--params", f"data_root={smoke.data_root}"]
        done = subprocess.run(
            [sys.executable, "-m", "kedro", *words],
            cwd=smoke.project, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True,
            text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        assert re.search(r"^run +trigger \w{8} ", done.stdout, re.MULTILINE)
        return {"page": str(smoke.data_root / "08_reporting/compare/local/synthetic-SYN/report.html")}

    return Path(once("compare", make)["page"])


@pytest.fixture(scope="module")
def mlflow_page(smoke) -> Iterator[str]:
    """Address of MLflow's own page over the store of the small run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = f"sqlite:///{smoke.data_root}/mlflow.db"
    words = ["ui", "--backend-store-uri", store, "--port", str(port), "--workers", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", "mlflow", *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=smoke.data_root, start_new_session=True,
    ) as server:  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def wait_for(address: str) -> None:
    """Wait until a server answers."""
    for _ in range(240):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"no answer from {address}")


def test_the_report_shows_the_verdict(smoke, page_after_scripts):
    with served(smoke.reporting("report.html").parent) as address:
        shown = page_after_scripts(f"{address}/report.html")
    text = html.unescape(re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", shown, flags=re.DOTALL))
    verdict = smoke.document("verdict.json")
    assert verdict["word"] in text
    assert re.search(rf"tradeable\s+{verdict['tradeable']}", text)
    assert "kedro run" in text


def measured(page: Path, root: Path, window: tuple[int, int], look: Callable[[str], str]) -> dict:
    """Look at a page of a folder that is served, in a window of its own, and measure what is there."""
    width, height = window
    frame = page.parent / "frame.html"
    frame.write_text(FRAME.format(width=width, height=height, page=page.name))
    with served(root) as address:
        shown = look(f"{address}/{frame.relative_to(root)}")
    return json.loads(html.unescape(re.search(r"<pre>(.*?)</pre>", shown, re.DOTALL)[1]))


def alone(page: Path, folder: Path) -> Path:
    """Copy a page to a folder that holds nothing else."""
    return Path(shutil.copy(page, folder))


@pytest.mark.parametrize("window", [(390, 844), (1280, 720)])
def test_the_report_fits_its_window_and_asks_for_nothing(smoke, page_after_scripts, tmp_path, window):
    page = alone(smoke.reporting("report.html"), tmp_path)
    seen = measured(page, tmp_path, window, page_after_scripts)
    assert seen["text"] > 1000
    assert seen["scroll"] <= window[0]
    assert seen["resources"] == []
    # Charts drawn by hand, and those that unfold: bars and equity, each of several layers.
    assert seen["charts"] > 12
    assert seen["drawn"] >= 2
    assert seen["verdict"] < window[1]
    if window == (1280, 720):
        # Down to the heads over what would change it and the command, which is as long as its switches.
        assert seen["front"] < window[1]


@pytest.mark.parametrize("window", [(390, 844), (1280, 720)])
def test_the_comparison_fits_its_window(smoke, compared, page_after_scripts, tmp_path, window):
    seen = measured(alone(compared, tmp_path), tmp_path, window, page_after_scripts)
    assert seen["scroll"] <= window[0]
    assert seen["resources"] == []
    assert "trigger" in compared.read_text()


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
    unseen |= {"tuned_options_nbeats", "tuned_options_lightgbm"}  # nobody tuned them
    assert without <= {f"trigger.{name}" for name in unseen} | {"provenance"}
    assert set(kinds.values()) >= {"TablePreview", "JSONPreview", "PlotlyPreview"}
    with served(site) as address:
        shown = page_after_scripts(f"{address}/?expandAllPipelines=true")
    for name in ("trigger.model_nbeats", "trigger.trades", "trigger.report"):
        assert name in shown


def test_mlflow_shows_the_figures_of_the_run(smoke, mlflow_page, page_after_scripts):
    with sqlite3.connect(smoke.data_root / "mlflow.db") as store:
        query = "select run_uuid, experiment_id from runs where name = '__default__'"
        run, experiment = store.execute(query).fetchone()
    place = f"{mlflow_page}/#/experiments/{experiment}/runs/{run}/artifacts"
    shown = page_after_scripts(f"{place}/figures/figure_equity.png")
    for name in ("figures", "training_report", "final_rows", "figure_equity.png"):
        assert name in shown
    assert re.search(r'<img[^>]+src="(blob:|data:|/)', shown)


@pytest.fixture(scope="module")
def docs_site(project, once) -> Path:
    """The documentation, built as strictly as `make docs` does."""

    def make(folder: Path) -> dict[str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
            cwd=project, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True,
            timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return {"site": str(folder)}

    return Path(once("docs", make)["site"])


@pytest.mark.parametrize("name", ["index.html", "stages/report.html", "training-report.html"])
def test_a_page_of_the_docs_fits_a_telephone(docs_site, page_after_scripts, name):
    seen = measured(docs_site / name, docs_site, (390, 844), page_after_scripts)
    assert seen["text"] > 500
    assert seen["scroll"] <= 390
