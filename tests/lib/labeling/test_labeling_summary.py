"""The label report: counts that add up, nothing read of the test market, warnings with a cause."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.bars import decision_time
from topoquant.lib.errors import InputError
from topoquant.lib.labeling import LabelReportOptions, label_trigger, summarise_labels
from topoquant.lib.labeling.naming import short

HOUR = pd.Timedelta("1h")
NUMBERS = {
    "blind": {"half_lives": [2, 20], "volume_half_life": 20, "n_lags": 2}, "regime_half_life": 2, "l2": 1.0,
    "min_rarer_share": 0.05, "min_rarer_effective": 30, "max_filtered_share": 0.5, "min_move_ranges": 0.3,
    "max_threshold_moves": 5, "max_unmoved_share": 0.05, "max_time_share": 0.8, "max_volatility_auc": 0.6,
    "max_both_share": 0.02, "max_rate_ratio": 1.5,
}  # fmt: skip
OPTIONS = LabelReportOptions(**NUMBERS)
UP = {"text": "up-move", "side": "up", "kind": "trigger", "threshold": 0.003}
BARRIER = {"text": "barriers", "side": "both", "kind": "triple_barrier"}
RETURN = {"text": "log-returns", "side": "direction", "kind": "log_return"}


def made_bars(n, seed=0, symbol="A", missing=()):
    """Make a random walk whose volatility waxes and wanes every 80 bars."""
    rng = np.random.default_rng(seed)
    hours = np.array([hour for hour in range(n) if hour not in missing])
    scale = 0.002 * np.exp(np.sin(2 * np.pi * hours / 80))
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1, len(hours)) * scale))
    fill = np.r_[100.0, close[:-1]]
    wick = np.exp(np.abs(rng.normal(0, 1, (2, len(hours)))) * scale)
    open_time = pd.Series(pd.Timestamp("2024-01-15", tz="UTC") + hours * HOUR).astype("datetime64[ns, UTC]")
    return pd.DataFrame({
        "symbol": symbol, "open_time": open_time, "open": fill, "high": np.maximum(fill, close) * wick[0],
        "low": np.minimum(fill, close) / wick[1], "close": close, "volume": rng.uniform(1, 2, len(hours)),
    })  # fmt: skip


def made_splits(bars, horizon, stride=1):
    """Cut at .6 and .8 of the hours, with a purged stretch before each border."""
    hour = ((bars["open_time"] - bars["open_time"].min()) // HOUR).to_numpy()
    n = hour.max() + 1
    val, test = int(0.6 * n), int(0.8 * n)
    before = [hour < val - horizon, hour < val, hour < test - horizon, hour < test]
    sets = np.select(before, ["train", "purged", "val", "purged"], "test")
    at = decision_time(bars, "1h")
    key = {"symbol": bars["symbol"]} if "symbol" in bars else {}
    kept = (sets != "train") | (hour % stride == 0)
    return pd.DataFrame({**key, "time": at, "t1": at + horizon * HOUR, "set": sets, "kept": kept})


def targets_of(bars, horizon, threshold=0.003):
    """Label every bar of every symbol by a trigger; inside a run of rows uniqueness is 1 / horizon."""
    tables = []
    for _, of_symbol in bars.groupby("symbol"):
        rows = label_trigger(of_symbol, interval="1h", threshold=threshold, horizon=horizon, side="up")
        tables.append(rows.assign(target_id="up", uniqueness=1 / horizon))
    return pd.concat(tables, ignore_index=True)


def divided(targets, splits):
    """Keep the targets of used rows: development and test apart."""
    key = [name for name in ("symbol", "time") if name in splits]
    used = splits.loc[splits["kept"], [*key, "set"]].merge(targets, on=key)
    apart = {name: used[used["set"].isin(name.split())].drop(columns="set") for name in ("train val", "test")}
    return apart["train val"], apart["test"]


def summarise(bars, splits, targets, target=UP):
    development, test = divided(targets, splits)
    summary = summarise_labels(development, test, splits, bars, target, interval="1h", options=OPTIONS)
    json.dumps(summary, allow_nan=False)
    return summary


def named(summary):
    return [one["name"] for one in summary["warnings"]]


@pytest.fixture
def market():
    bars = made_bars(1000)
    return bars, made_splits(bars, 4), targets_of(bars, 4)


def test_two_symbols_with_a_gap_add_up():
    bars = pd.concat([made_bars(200), made_bars(180, seed=1, symbol="B", missing=(20,))], ignore_index=True)
    splits = made_splits(bars, 3, stride=2)
    summary = summarise(bars, splits, targets_of(bars, 3))
    # B lacks bar 20: of its even train rows only 18 meets the gap; the last three of each have no t1.
    assert summary["dropped"] == {"no_t1": 6, "gap": 1, "filtered": 0, "invalid": 0}
    used = splits["kept"] & (splits["set"] != "purged")
    assert sum(summary["n"].values()) + 7 == used.sum()
    train = splits["set"] == "train"
    assert summary["train_rows"] == {"kept": int((train & splits["kept"]).sum()), "all": int(train.sum())}
    rows = splits[used].merge(targets_of(bars, 3), on=["symbol", "time"])
    for name, of_set in rows.groupby("set"):
        assert summary["rate"][name] == pytest.approx(of_set["label"].mean())
        assert summary["effective_n"][name] == pytest.approx(of_set["uniqueness"].sum())
        assert summary["mean_uniqueness"][name] == pytest.approx(1 / 3)
    by_month = rows.groupby([rows["time"].dt.strftime("%Y-%m"), "set"])["label"]
    shown = {(one["month"], one["set"]): (one["n"], one["rate"]) for one in summary["months"]}
    assert shown == {at: (len(labels), pytest.approx(labels.mean())) for at, labels in by_month}
    assert [one["symbol"] for one in summary["symbols"]] == ["A"] * 3 + ["B"] * 3
    assert {one["symbol"] for one in summary["regime_edges"]} == {"A", "B"}


def test_of_test_rows_only_their_targets_are_seen(market):
    bars, splits, targets = market
    summary = summarise(*market)
    after = bars["open_time"] >= splits.loc[splits["set"] == "val", "time"].max()
    prices = ["open", "high", "low", "close", "volume"]
    garbage = bars.assign(**{name: bars[name].mask(after, 7.0 + len(name)) for name in prices})
    assert summarise(garbage, splits, targets) == summary
    of_test = targets["time"].isin(splits.loc[splits["set"] == "test", "time"])
    flipped = targets.assign(label=targets["label"].mask(of_test, 1 - targets["label"]), ret=0.5)
    flipped["ret"] = flipped["ret"].where(of_test, targets["ret"])
    changed = summarise(bars, splits, flipped)
    for name in ("volatility", "regimes", "regime_edges", "move", "returns"):
        assert changed[name] == summary[name]
    assert changed["rate"]["test"] == pytest.approx(1 - summary["rate"]["test"])


def test_bars_without_a_name_give_the_same_report(market):
    bars, splits, targets = market
    named_one = summarise(bars, splits, targets)
    unnamed = summarise(*(frame.drop(columns="symbol") for frame in market))
    assert unnamed.pop("regime_edges")[0]["symbol"] is None
    assert named_one.pop("regime_edges")[0]["symbol"] == "A"
    assert unnamed == named_one


def test_a_wild_market_touches_more_often_and_volatility_says_so(market):
    summary = summarise(*market)
    rate = {one["regime"]: one["rate"] for one in summary["regimes"] if one["set"] == "train"}
    assert list(rate) == ["calm", "normal", "wild"]
    assert rate["calm"] < rate["normal"] < rate["wild"]
    (found,) = summary["volatility"]
    assert found["auc"] > 0.7 > found["chance"] > 0.5
    assert found["n"] == summary["n"]["val"]
    (said,) = [one for one in summary["warnings"] if one["name"] == "volatility_explains"]
    assert said["severity"] == "note"
    # The same label of a target that says which way, not how far, is a reason to worry.
    worry = summarise(*market, {**UP, "side": "direction"})["warnings"]
    assert [one["severity"] for one in worry if one["name"] == "volatility_explains"] == ["warning"]


def test_volatility_does_not_know_which_way(market):
    bars, splits, targets = market
    coin = np.random.default_rng(3).integers(0, 2, len(targets)).astype(float)
    summary = summarise(bars, splits, targets.assign(label=coin), {**UP, "side": "direction"})
    (found,) = summary["volatility"]
    assert abs(found["auc"] - 0.5) < found["chance"] - 0.5
    assert "volatility_explains" not in named(summary)


def test_three_classes_count_both_sides_and_what_ended_a_row(market):
    bars, splits, targets = market
    label = np.where(targets["label"] == 1, 1.0, np.where(np.arange(len(targets)) % 2, -1.0, 0.0))
    ended = np.where(label == 1, "upper", np.where(label == -1, "lower", "time"))
    ended[(label == -1) & (np.arange(len(targets)) % 3 == 0)] = "both"
    touched = pd.Categorical(ended, categories=["lower", "time", "upper", "both"])
    barriers = targets.assign(label=label, touched=touched).drop(columns="max_pct")
    summary = summarise(bars, splits, barriers, BARRIER)
    assert summary["kind"] == "three_class"
    assert list(summary["classes"]["val"]) == ["-1", "0", "1"]
    for name in ("train", "val", "test"):
        shares = summary["touched"][name]
        assert sum(shares.values()) == pytest.approx(1.0)
        assert shares["upper"] == pytest.approx(summary["rate"][name])
        assert sum(one["n"] for one in summary["classes"][name].values()) == summary["n"][name]
    assert [one["question"] for one in summary["volatility"]] == ["touched or not", "upper or lower"]
    assert [one["expected"] for one in summary["volatility"]] == [True, False]
    assert {one["class"] for one in summary["drift"]} == {"1", "-1"}
    assert "rate_lower" in summary["months"][0]
    assert "both_barriers" in named(summary)
    # No row is -1, yet the target has the class: its share is 0 and said to be too rare.
    never = barriers.assign(label=barriers["label"].clip(lower=0.0))
    summary = summarise(bars, splits, never, BARRIER)
    assert summary["classes"]["train"]["-1"] == {"n": 0, "effective_n": 0.0}
    assert summary["volatility"][1]["auc"] is None
    assert summary["volatility"][1]["reason"].startswith("1 of 2 classes in ")
    assert "imbalance" in named(summary)


def test_log_returns_need_no_label(market):
    bars, splits, targets = market
    longest = np.log1p(targets["ret"])
    returns = targets.drop(columns=["label", "max_pct"]).assign(logret_2=longest / 2, logret_10=longest)
    summary = summarise(bars, splits, returns, RETURN)
    assert (summary["kind"], summary["rate_of"]) == ("continuous", "logret_10 above 0")
    assert list(summary["returns"]) == ["ret", "logret_2", "logret_10"]
    train = returns[returns["time"].isin(splits.loc[splits["set"] == "train", "time"])]["logret_10"]
    found = summary["returns"]["logret_10"]["train"]
    assert found["std"] == pytest.approx(train.std(ddof=0))
    assert found["median_abs"] == pytest.approx(train.abs().median())
    assert summary["rate"]["train"] == found["positive"] == pytest.approx((train > 0).mean())
    assert "test" not in summary["returns"]["logret_10"]
    asked = [one["question"] for one in summary["volatility"]]
    assert asked == ["size of logret_2", "sign of logret_2", "size of logret_10", "sign of logret_10"]
    auc = {one["question"]: one["auc"] for one in summary["volatility"]}
    assert auc["size of logret_10"] > 0.6
    without = summarise(bars, splits, returns.drop(columns="ret"), RETURN)
    assert without["move"]["median_abs"] == pytest.approx(found["median_abs"])


def test_values_no_target_can_have_are_counted_and_left_out(market):
    bars, splits, targets = market
    broken = targets.copy()
    broken.loc[3, "label"], broken.loc[5, "label"] = np.nan, 2.0
    broken.loc[7, "max_pct"], broken.loc[8, "ret"], broken.loc[9, "t1"] = 1.5, np.inf, broken.loc[9, "time"]
    summary = summarise(bars, splits, broken)
    found = {(one["column"], one["problem"]): one["n"] for one in summary["invalid"]}
    assert found == {
        **dict.fromkeys([("label", "missing"), ("label", "out of range"), ("ret", "infinite")], 1),
        **dict.fromkeys([("max_pct", "out of range"), ("t1", "out of range")], 1),
    }
    assert summary["dropped"]["invalid"] == 2
    assert summary["n"]["train"] == summarise(bars, splits, targets)["n"]["train"] - 2
    assert summary["warnings"][0]["name"] == "invalid_values"
    assert "1 missing in label" in summary["warnings"][0]["text"]


def test_a_filter_is_told_from_a_gap_and_warned_of(market):
    bars, splits, targets = market
    bars = bars.assign(volume=bars["volume"].mask(bars.index % 4 != 0, 0.25))
    loud = targets[targets["time"].isin(decision_time(bars, "1h")[bars["volume"] > 1])]
    summary = summarise(bars, splits, loud)
    used = splits[splits["set"].isin(["train", "val", "test"])]
    assert summary["dropped"]["gap"] == 0
    assert summary["dropped"]["filtered"] + sum(summary["n"].values()) == len(used) - 4
    assert 0.25 / 2 < summary["filtered_volume_ratio"] < 0.25
    (warning,) = [one for one in summary["warnings"] if one["name"] == "filter_removes_most"]
    assert f"their median volume is {short(summary['filtered_volume_ratio'])} of" in warning["text"]
    assert "filter_removes_most" not in named(summarise(*market))


def test_a_rate_that_moved_by_more_than_chance_is_warned_of(market):
    bars, splits, targets = market
    of_test = targets["time"].isin(splits.loc[splits["set"] == "test", "time"])
    moved = targets.assign(label=np.where(of_test, 1.0, targets["label"]))
    summary = summarise(bars, splits, moved)
    drift = {(one["first"], one["second"]): one for one in summary["drift"]}
    rate = summary["rate"]
    assert drift["train", "test"]["ratio"] == pytest.approx(rate["test"] / rate["train"])
    assert drift["val", "test"]["difference"] == pytest.approx(rate["test"] - rate["val"])
    said = [one["text"] for one in summary["warnings"] if one["name"] == "base_rate_moved"]
    assert len(said) == 1
    assert "of test rows, beyond a factor of 1.5" in said[0]
    assert "in calm and" in said[0]
    # The same rates of a tenth of the independent rows may be chance.
    few = summarise(bars, splits, moved.assign(uniqueness=0.001))
    assert "base_rate_moved" not in named(few)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_every_used_row_is_counted_once(data):
    bars = made_bars(60, missing=data.draw(st.sets(st.integers(0, 59), max_size=4)))
    # Prices on a grid: rows that end where they were filled and regimes of equal ranges.
    cents = data.draw(st.lists(st.sampled_from([0, 1, 2]), min_size=len(bars), max_size=len(bars)))
    close = 100.0 + np.array(cents)
    bars = bars.assign(open=100.0, high=np.maximum(close, 100.0), low=100.0, close=close)
    splits = made_splits(bars, 2)
    targets = targets_of(bars, 2, threshold=0.01)
    drawn = data.draw(st.lists(st.booleans(), min_size=len(targets), max_size=len(targets)))
    used = splits[splits["set"] != "purged"].merge(targets[["time"]], on="time")
    first_of_sets = used.groupby("set")["time"].min()
    kept = np.array(drawn) | targets["time"].isin(first_of_sets).to_numpy()
    summary = summarise(bars, splits, targets[kept])
    n = summary["n"]
    assert sum(n.values()) + sum(summary["dropped"].values()) == (splits["set"] != "purged").sum()
    assert sum(n.values()) == (kept & targets["time"].isin(used["time"]).to_numpy()).sum()
    for name in n:
        assert sum(one["n"] for one in summary["months"] if one["set"] == name) == n[name]
        assert sum(one["n"] for one in summary["classes"][name].values()) == n[name]
    assert summary["dropped"]["no_t1"] == (splits["t1"] > splits["time"].max()).sum()


def test_what_cannot_be_reported_is_refused(market):
    bars, splits, targets = market
    development, test = divided(targets, splits)

    def report(development, test, splits=splits):
        return summarise_labels(development, test, splits, bars, UP, interval="1h", options=OPTIONS)

    with pytest.raises(InputError, match=r"sets with targets must be .* got none in \['test'\]"):
        report(development, test[:0])
    with pytest.raises(
        InputError, match=r"rows of the targets must be kept rows .* got 1 of \d+ that are not"
    ):
        report(development, test, splits[splits["time"] != test["time"].iloc[0]])
    with pytest.raises(InputError, match=r"columns of the targets must be label or logret_<horizon>"):
        report(development.drop(columns="label"), test.drop(columns="label"))
    with pytest.raises(ValueError, match=r"regime_half_life must be one of blind.half_lives"):
        LabelReportOptions(**{**NUMBERS, "regime_half_life": 3})
