"""One word over several horizons: more tests ask for more."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.validity import Question, bound_timing, judge_horizons
from topoquant.lib.validity.horizons import ALPHA

WORDS = ("leak", "too_little_data", "flat_model", "no_edge", "edge")


def verdict(word: str, tradeable: str = "no") -> dict:
    return {
        "word": word,
        "headline": f"{word} (ensemble, timing t 2.0)",
        "tradeable": tradeable,
        "tradeable_headline": f"{tradeable} (DSR .50)",
        "would_change": [f"what changes {word}"],
    }


def bound(horizon: int, lower: float | None) -> dict:
    return {
        "horizon": horizon, "alpha": ALPHA / 3, "timing_mean": 1e-4, "timing_lower": lower, "timing_t": 2.0,
    }  # fmt: skip


def judged(words, lowers, findings=()):
    names = [f"logret_{k}" for k in (1, 7, 30)[: len(words)]]
    verdicts = {
        name: word if isinstance(word, dict) else verdict(word)
        for name, word in zip(names, words, strict=True)
    }
    bounds = {name: bound(k, low) for k, name, low in zip((1, 7, 30), names, lowers, strict=False)}
    return judge_horizons(verdicts, bounds, findings)


def test_an_edge_at_its_own_level_is_none_of_the_run():
    run = judged(["edge", "no_edge", "too_little_data"], [-1e-6, -1e-3, None])
    assert run["word"] == "no_edge"
    assert run["headline"] == (
        "no_edge (logret_1 clears .01 but not .01 / 3; nothing at logret_7; logret_30 has too little data)"
    )
    assert run["numbers"]["views"]["logret_1"]["clears"] is False


def test_one_horizon_that_clears_the_bound_is_enough():
    run = judged(["no_edge", verdict("edge", "yes"), "too_little_data"], [-1e-3, 1e-5, None])
    assert (run["word"], run["tradeable"]) == ("edge", "yes")
    assert run["headline"] == "edge (logret_7 at .01 / 3)"
    assert run["tradeable_headline"] == "yes (logret_7: DSR .50)"
    assert "bound at .01 / 3 .000010, above 0" in run["numbers"]["views"]["logret_7"]["line"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.lists(st.sampled_from([None, -1.0, 0.0, 1.0]), min_size=3, max_size=3),
)
def test_the_rule(words, lowers):
    run = judged(words, lowers)
    cleared = [w == "edge" and low is not None and low > 0 for w, low in zip(words, lowers, strict=False)]
    if "leak" in words:
        assert run["word"] == "leak"
    elif any(cleared):
        assert run["word"] == "edge"
    elif set(words) == {"too_little_data"}:
        assert run["word"] == "too_little_data"
    elif "flat_model" in words:
        assert run["word"] == "flat_model"
    else:
        assert run["word"] == "no_edge"
    assert run["headline"].startswith(f"{run['word']} (")
    assert len(run["reasons"]) == len(words)
    if run["tradeable"] == "yes":
        assert run["word"] == "edge"


def test_a_leak_of_what_the_horizons_share_is_one_of_the_run():
    leak = {
        "name": "join_keys",
        "status": "leak",
        "finding": "t1 differs",
        "numbers": {},
        "section": "members",
    }
    run = judged(["edge"], [1.0], [leak])
    assert (run["word"], run["tradeable"]) == ("leak", "untested")
    assert "join_keys: t1 differs." in run["reasons"]


def market(seed: int, signal: float) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Daily bars whose next-open returns a forecast of the given strength knows."""
    rng = np.random.default_rng(seed)
    n = 800
    time = pd.date_range("2020-01-01", periods=n, freq="D", tz="UTC")
    returns = rng.normal(0, 0.03, n)
    bars = pd.DataFrame({"symbol": "BTC", "open_time": time, "open": np.exp(np.cumsum(returns))})
    ahead = np.append(returns[2:], [0.0, 0.0])  # open t + 1 to open t + 2, of bar t
    table = pd.DataFrame(
        {
            "symbol": "BTC",
            "time": time + pd.Timedelta("1D"),
            "set": ["val"] * 300 + ["test"] * 500,
            "logit_label": signal * ahead / 0.03 + rng.normal(size=n),
        }
    )
    return bars, {"ensemble": table, "other": table.iloc[:-100]}


def asked(signal: float, n_horizons: int) -> dict:
    bars, tables = market(3, signal)
    question = Question(side="direction", horizon=1, interval="1d", cost=0.001, seed=0)
    return bound_timing("ensemble", tables, bars, question, n_horizons=n_horizons)


def test_a_stricter_level_has_a_lower_bound_and_the_same_mean():
    one, three = asked(0.5, 1), asked(0.5, 3)
    assert three["alpha"] == pytest.approx(0.01 / 3)
    assert one["timing_mean"] == three["timing_mean"]
    assert three["timing_lower"] < one["timing_lower"]
    assert one["timing_lower"] > 0
    assert asked(0.0, 3)["timing_lower"] < 0


def test_nothing_is_bounded_without_two_blocks():
    bars, tables = market(3, 0.5)
    question = Question(side="direction", horizon=30, interval="1d", cost=0.001, seed=0)
    found = bound_timing("ensemble", tables, bars, question, n_horizons=3)
    assert found["timing_lower"] is None
    assert found["timing_mean"] is not None


def test_refusals():
    with pytest.raises(InputError, match="n_horizons must be at least 1"):
        asked(0.5, 0)
    with pytest.raises(InputError, match="views must be one or more, each with its bound"):
        judge_horizons({}, {})
    with pytest.raises(InputError, match="judge every horizon first"):
        judge_horizons({"logret_1": verdict("edge")}, {})
