import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import (
    Samples,
    SplitOptions,
    assemble_samples,
    assign_rows,
    attach_keys,
    gather_windows,
    key_positions,
)

START = pd.Timestamp("2024-01-01", tz="UTC")
HOUR = pd.Timedelta("1h")
WINDOW = 3


def bars_at(**hours) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"symbol": name, "open_time": START + np.array(list(at)) * HOUR})
        for name, at in hours.items()
    ]
    bars = pd.concat(frames, ignore_index=True)
    return bars.assign(open_time=bars["open_time"].astype("datetime64[ns, UTC]"))


def study(bars: pd.DataFrame, n_rows: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    options = SplitOptions(train=0.6, val=0.2, n_folds=2, embargo=None)
    splits = assign_rows(bars, "1h", horizon=1, options=options, n_rows=n_rows)
    used = splits[splits["set"].isin(["train", "val"]) & splits["kept"]]
    targets = used[["symbol", "time", "t1"]].assign(
        target_id="trigger-up-1-0.01", label=1.0, max_pct=0.02, ret=0.01, uniqueness=0.5
    )
    features = splits[["symbol", "time"]].assign(a=np.arange(len(splits), dtype=float), b=-1.0)
    return splits, targets.reset_index(drop=True), features


def assemble(splits, targets, **changes) -> tuple[Samples, dict[str, int]]:
    return assemble_samples(splits, targets, window=WINDOW, interval="1h", **changes)


def test_rows_join_on_the_key_whatever_the_order_of_the_tables():
    splits, targets, features = study(bars_at(A=range(40), B=range(5, 40)))
    samples, dropped = assemble(splits, targets, sequence=features, static=features)
    shuffled, dropped_again = assemble(
        splits.sample(frac=1, random_state=1), targets.sample(frac=1, random_state=2),
        sequence=features.sample(frac=1, random_state=3), static=features.sample(frac=1, random_state=4),
    )  # fmt: skip
    assert dropped == dropped_again == {"no_t1": 0, "warm_up": 4, "gap": 0}
    pd.testing.assert_frame_equal(samples.rows, shuffled.rows)
    pd.testing.assert_frame_equal(samples.targets, shuffled.targets)
    for name in ("sequence", "end", "static", "weights"):
        assert np.array_equal(getattr(samples, name), getattr(shuffled, name))
    windows = gather_windows(samples.sequence, samples.end, WINDOW)
    assert np.array_equal(windows[:, -1], samples.static)
    assert np.array_equal(windows[:, 0, 0], samples.static[:, 0] - 2)
    assert samples.channel_names == samples.static_names == ("a", "b")


def test_test_rows_show_no_target_and_weigh_one():
    splits, targets, features = study(bars_at(A=range(40)))
    samples, _ = assemble(splits, targets, sequence=features)
    test, rest = samples.of_set("test"), samples.take((samples.rows["set"] != "test").to_numpy())
    assert test.targets.columns.tolist() == ["label", "max_pct"]
    assert test.targets.isna().all().all()
    assert (test.weights == 1).all()
    assert rest.targets.notna().all().all()
    assert (rest.weights == 0.5).all()
    assert samples.target_id == "trigger-up-1-0.01"
    assert set(samples.rows["set"]) == {"train", "val", "test"}


def test_incomplete_rows_are_dropped_and_counted_once():
    bars = bars_at(A=[hour for hour in range(41) if hour != 10])
    splits, targets, features = study(bars)
    features.loc[15, "a"] = np.nan
    no_target = targets["time"].isin(splits["time"].iloc[[0, 5]])
    samples, dropped = assemble(splits, targets[~no_target], sequence=features)
    # Rows 0 and 5 have no target; 1 has two bars; the window reaches the NaN from 15, 16, 17;
    # hour 11 is row 10: the windows of rows 10 and 11 cross the gap.
    assert dropped == {"no_t1": 2, "warm_up": 4, "gap": 2}
    assert np.isfinite(gather_windows(samples.sequence, samples.end, WINDOW)).all()
    used = splits["set"].isin(["train", "val", "test"])
    assert len(samples) + sum(dropped.values()) == used.sum()


def test_test_rows_are_dropped_by_features_but_never_by_targets():
    splits, targets, features = study(bars_at(A=range(40)))
    n_test = int((splits["set"] == "test").sum())
    assert len(assemble(splits, targets, sequence=features)[0].of_set("test")) == n_test
    static = features.iloc[:-1].assign(a=lambda frame: frame["a"].where(frame.index != 38))
    samples, dropped = assemble(splits, targets, sequence=features, static=static)
    assert len(samples.of_set("test")) == n_test - 2
    assert dropped["warm_up"] == 4


def test_no_sequence_no_window_and_no_targets():
    splits, targets, features = study(bars_at(A=range(40)), n_rows=7)
    samples, dropped = assemble_samples(splits, targets, static=features, interval="1h")
    assert (samples.end == -1).all()
    assert samples.n_channels == 0
    assert samples.of_set("train").rows["time"].diff().dropna().unique().tolist() == [4 * HOUR]
    assert len(samples.of_set("train")) == splits.loc[splits["set"] == "train", "kept"].sum() < 8
    blank, _ = assemble_samples(splits, None, interval="1h")
    assert len(blank) == len(samples)
    assert blank.targets.shape[1] == dropped["no_t1"] == 0


def test_later_features_change_no_earlier_row():
    splits, targets, features = study(bars_at(A=range(40)))
    samples, _ = assemble(splits, targets, sequence=features)
    later = features.assign(a=features["a"].where(features.index < 20, np.nan))
    changed, _ = assemble(splits, targets, sequence=later)
    before = samples.rows["time"] <= features["time"].iloc[19]
    assert np.array_equal(
        gather_windows(changed.sequence, changed.end, WINDOW),
        gather_windows(samples.sequence, samples.end[before], WINDOW),
    )


def test_what_would_leak_or_misalign_is_refused():
    splits, targets, features = study(bars_at(A=range(40)))
    test = splits[splits["set"] == "test"][["symbol", "time", "t1"]].assign(
        target_id="trigger-up-1-0.01", label=0.0, max_pct=0.0, ret=0.0, uniqueness=1.0
    )
    refusals = {
        "train and val rows alone, got": pd.concat([targets, test]),
        "no later than the t1": targets.assign(t1=targets["t1"] + HOUR),
        "target ids of the targets must be one": targets.assign(target_id=targets["time"].astype(str)),
        "free of NaN": targets.assign(label=np.nan),
        "1 repeated": pd.concat([targets, targets[:1]]),
    }
    for message, bad in refusals.items():
        with pytest.raises(InputError, match=message):
            assemble(splits, bad, sequence=features)
    with pytest.raises(InputError, match="window must be 0 without a sequence"):
        assemble(splits, targets)
    with pytest.raises(InputError, match=r"at least 1, got 0 \(dropped"):
        assemble(splits, targets, sequence=features.assign(a=np.nan))


def test_attached_keys_find_their_rows():
    _, _, features = study(bars_at(A=range(40)))
    values = features[["a", "b"]].to_numpy(dtype=np.float32)
    frame = attach_keys(features[["symbol", "time"]], values, ["a", "b"])
    assert frame["a"].dtype == np.float32
    assert key_positions(frame, features, name="frame").tolist() == list(range(40))
    with pytest.raises(InputError, match=r"shape of the values must be \(40, 1\), got \(40, 2\)"):
        attach_keys(features, values, ["a"])
