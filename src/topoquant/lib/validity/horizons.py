"""One verdict over several horizons: testing several is testing more than once."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.judging import Question, shared_rows
from topoquant.lib.validity.learnability import timing_statistics
from topoquant.lib.validity.positions import next_open_returns
from topoquant.lib.validity.scoring import member_timing_return
from topoquant.lib.validity.verdict import Verdict
from topoquant.lib.validity.wording import listed, short

# Error of the rule for one horizon; several share it (Bonferroni).
ALPHA = 0.01


def bound_timing(
    used: str,
    tables: Mapping[str, pd.DataFrame],
    bars: pd.DataFrame,
    question: Question,
    *,
    n_horizons: int,
) -> dict[str, Any]:
    """Bound the timing return of one horizon at the level that is left to it among several.

    Parameters
    ----------
    used : str
        Name of the prediction that is judged.
    tables : mapping of str to DataFrame
        Everything compared; the rows all of them have are judged, as the verdict does.
    bars : DataFrame
        For the next-open returns.
    question : Question
        Side, this horizon and interval; costs are left out.
    n_horizons : int
        How many horizons are tested.

    Returns
    -------
    dict
        horizon, alpha (0.01 / n_horizons), timing_mean, timing_lower (one-sided bound at 1 - alpha) and
        timing_t; None for what is undefined.

    Raises
    ------
    InputError
        If `n_horizons` is below 1.

    References
    ----------
    Bonferroni's inequality: tests at 0.01 / k each are wrong somewhere in at most one case of a
    hundred, however they depend on each other.
    """
    if n_horizons < 1:
        raise bad_input("n_horizons", "at least 1", n_horizons, "count the horizons of the run")
    alpha = ALPHA / n_horizons
    series = member_timing_return(
        tables[used].merge(shared_rows(tables), on=KEY), next_open_returns(bars, question.interval),
        side=question.side, horizon=question.horizon, interval=question.interval,
    )  # fmt: skip
    found = timing_statistics(series, block=question.block, seed=question.seed, level=1 - alpha)
    numbers = {"timing_mean": found.mean, "timing_lower": found.lower, "timing_t": found.t}
    known = {name: float(value) if np.isfinite(value) else None for name, value in numbers.items()}
    return {"horizon": question.horizon, "alpha": alpha, **known}


def judge_horizons(
    verdicts: Mapping[str, Mapping[str, Any]],
    bounds: Mapping[str, Mapping[str, Any]],
    findings: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Say one word on a run that predicted over several horizons.

    Parameters
    ----------
    verdicts : mapping of str to mapping
        Of `decide_verdict` by view, the shortest horizon first.
    bounds : mapping of str to mapping
        Of `bound_timing`, by the same names.
    findings : sequence of mapping
        Checks of what the horizons share.

    Returns
    -------
    dict
        As of `decide_verdict`; `numbers` holds per view word, headline, timing_t, timing_lower, alpha,
        `clears` and `line`. The word is "leak" if any check leaks; "edge" if a horizon has one and clears
        the bound at 0.01 / number of horizons; "too_little_data" if every horizon has too little;
        "flat_model" if one that has enough is flat; else "no_edge".

    Raises
    ------
    InputError
        If there are no horizons, or the two mappings differ in their names.

    Examples
    --------
    >>> verdict = {"word": "edge", "headline": "edge (ensemble, timing t 2.4)", "tradeable": "no",
    ...            "tradeable_headline": "no (DSR .50 < .95)", "numbers": {"timing_t": 2.4}}
    >>> bound = {"horizon": 1, "alpha": 0.005, "timing_lower": -0.0001, "timing_t": 2.4}
    >>> short_of_data = {"word": "too_little_data", "headline": "too_little_data (9 entries < 30)",
    ...                  "tradeable": "untested", "tradeable_headline": "untested", "numbers": {}}
    >>> run = judge_horizons({"logret_1": verdict, "logret_30": short_of_data},
    ...                      {"logret_1": bound, "logret_30": bound | {"timing_lower": None}})
    >>> print(run["headline"])
    no_edge (logret_1 clears .01 but not .01 / 2; logret_30 has too little data)
    """
    if not verdicts or list(verdicts) != list(bounds):
        raise bad_input(
            "views", "one or more, each with its bound", f"{list(verdicts)} and {list(bounds)}",
            "judge every horizon first",
        )  # fmt: skip
    views = {name: _view(one, bounds[name], len(verdicts)) for name, one in verdicts.items()}
    shared = [Check.from_dict(one) for one in findings if one["status"] == "leak"]
    word, why = _word(views, [check.name for check in shared], len(verdicts))
    tradeable, tradeable_why = _tradeable(word, verdicts, views)
    reasons = [one["line"] for one in views.values()]
    reasons += [f"{check.name}: {check.finding}." for check in shared]
    would_change = [
        f"{name}: {text}" for name, one in verdicts.items() for text in one.get("would_change", ())
    ]
    verdict = Verdict(
        word=cast(Any, word), tradeable=cast(Any, tradeable), headline=f"{word} ({why})",
        tradeable_headline=f"{tradeable} ({tradeable_why})", reasons=tuple(reasons),
        would_change=tuple(would_change),
        numbers={"alpha": ALPHA, "n_horizons": len(verdicts), "views": views},
    )  # fmt: skip
    return verdict.to_dict()


def _view(verdict: Mapping[str, Any], bound: Mapping[str, Any], n_horizons: int) -> dict[str, Any]:
    """Say what one horizon came to, at its own level and at the one that several share."""
    lower, word = bound["timing_lower"], verdict["word"]
    clears = word == "edge" and lower is not None and lower > 0
    line = verdict["headline"]
    timing_t = bound["timing_t"]
    if word != "too_little_data" and lower is not None:
        comparison = "above 0" if lower > 0 else "not above 0"
        line += f"; bound at .01 / {n_horizons} {short(lower, 6)}, {comparison}"
    elif timing_t is not None:
        line += f"; timing t {short(timing_t, 1)}"
    return {
        "word": word, "headline": verdict["headline"], "tradeable": verdict["tradeable"],
        "horizon": bound["horizon"], "timing_t": timing_t, "timing_lower": lower, "alpha": bound["alpha"],
        "clears": clears, "line": line,
    }  # fmt: skip


def _word(views: Mapping[str, Mapping[str, Any]], leaks: Sequence[str], n_horizons: int) -> tuple[str, str]:
    """First word that applies, with what it rests on."""
    of = {
        word: [name for name, one in views.items() if one["word"] == word]
        for word in ("leak", "too_little_data", "flat_model", "no_edge", "edge")
    }
    if leaks or of["leak"]:
        return "leak", listed([*leaks, *(views[name]["headline"] for name in of["leak"])])
    cleared = [name for name in of["edge"] if views[name]["clears"]]
    if cleared:
        return "edge", f"{listed(cleared)} at .01 / {n_horizons}"
    if len(of["too_little_data"]) == len(views):
        return "too_little_data", "at every horizon"
    said = [f"{name} clears .01 but not .01 / {n_horizons}" for name in of["edge"]]
    if of["flat_model"]:
        return "flat_model", f"{listed(of['flat_model'])}"
    if of["no_edge"]:
        said.append(f"nothing at {listed(of['no_edge'])}")
    if of["too_little_data"]:
        n_short = len(of["too_little_data"])
        said.append(f"{listed(of['too_little_data'])} {'has' if n_short == 1 else 'have'} too little data")
    return "no_edge", "; ".join(said)


def _tradeable(
    word: str, verdicts: Mapping[str, Mapping[str, Any]], views: Mapping[str, Mapping[str, Any]]
) -> tuple[Literal["yes", "no", "untested"], str]:
    """Whether any horizon that has the run's edge may be traded."""
    if word in ("leak", "too_little_data"):
        return "untested", word
    if word != "edge":
        return "no", word
    cleared = {name: one for name, one in verdicts.items() if views[name]["clears"]}
    best = next((name for name, one in cleared.items() if one["tradeable"] == "yes"), next(iter(cleared)))
    said = str(cleared[best]["tradeable_headline"])
    answer = cleared[best]["tradeable"]
    return answer, f"{best}: {said.removeprefix(f'{answer} (').removesuffix(')')}"
