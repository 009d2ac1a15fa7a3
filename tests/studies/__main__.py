"""`python -m tests.studies`: run the studies on real bars and write their pages; what is done is kept."""

import argparse
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.studies.pages import write_page
from tests.studies.plan import PROJECT, Run, link_bars, read_plan
from tests.studies.running import carry_out, code_fingerprint, is_done

PAGES = PROJECT / "docs" / "studies"


def main() -> None:
    bars, runs = read_plan()
    names = list(dict.fromkeys(run.study for run in runs))
    parser = argparse.ArgumentParser(prog="python -m tests.studies", description=__doc__)
    parser.add_argument("studies", nargs="*", metavar="study", help=f"any of {', '.join(names)}; all if none")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side, a core each (default 2)")
    parser.add_argument(
        "--store", type=Path, default=PROJECT / "data" / "studies", help="where runs leave their data"
    )
    parser.add_argument(
        "--only-pages", action="store_true", help="write pages from what is stored, by whatever code"
    )
    asked = parser.parse_args()
    if unknown := sorted(set(asked.studies) - set(names)):
        parser.error(f"study must be one of {', '.join(names)}, got {', '.join(unknown)}")
    chosen, store = asked.studies or names, asked.store.resolve()
    taken = [run for run in runs if run.study in chosen]
    if not asked.only_pages:
        data = os.environ.get("TOPOQUANT_DATA")
        needed = {run.bars for run in taken if run.bars}
        if needed and not data:
            parser.error("TOPOQUANT_DATA must name the folder of real bars, got nothing: plan.yml says which")
        for name in needed:
            link_bars(store, name, bars[name], Path(str(data)))
        run_missing(taken, store, asked.jobs)
    for study in chosen:
        page = write_page(study, [run for run in taken if run.study == study], store, PAGES)
        print(page.relative_to(PROJECT), flush=True)


def run_missing(runs: Sequence[Run], store: Path, n_jobs: int) -> None:
    """Run what is not done by this code, side by side; a line for each, and the first failure last."""
    code = code_fingerprint()
    missing = [run for run in runs if not is_done(run, store, code)]
    print(f"{len(runs) - len(missing)} of {len(runs)} runs in {store}", flush=True)
    began = time.monotonic()
    failed = []
    with ThreadPoolExecutor(n_jobs) as pool:
        running = {pool.submit(carry_out, run, store, code): run for run in missing}
        for n_done, done in enumerate(as_completed(running), start=1):
            run, error = running[done], done.exception()
            if error is not None:
                failed.append(str(error))
            seconds = time.monotonic() - began
            left = seconds / n_done * (len(missing) - n_done)
            said = "failed" if error else "done"
            print(
                f"{n_done:>3} of {len(missing)}  {seconds / 60:>5.0f} min, about {left / 60:.0f} min left"
                f"  {run.study} {run.name} {said}",
                flush=True,
            )
    if failed:
        raise SystemExit("\n".join(failed))


if __name__ == "__main__":
    main()
