"""What can be wrong with predictions that came from elsewhere."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.judge.reading import KEY
from topoquant.lib.sampling.overlap import overlapping_rows
from topoquant.lib.validity import Check, population_stability_index
from topoquant.lib.validity.checks import Status
from topoquant.lib.validity.wording import listed, short

FITTED, CHOSEN = {"train"}, {"val", "valid", "validation"}
NEITHER = {"test", "purged", "embargoed"}
# Agreement of two labels of one thing: prices of two sources differ in the last digit.
SAME = 0.99
SHIFTS = (-2, -1, 0, 1, 2)
# A smaller share of the test rows is said aloud.
WHOLE = 0.95


def check_matched(record: Mapping[str, Any]) -> Check:
    """Say how much of a table was matched, and warn of one that leaves test rows out.

    Parameters
    ----------
    record : mapping
        Of `match_table`.

    Returns
    -------
    Check
        "ok" or "warning".

    Examples
    --------
    >>> counts = {"n_val": 90, "all_val": 100, "n_test": 50, "all_test": 100, "n_rows": 200}
    >>> counts |= {"n_other_symbols": 0, "n_no_bar": 0, "n_between": 2, "n_train": 0, "n_train_unread": 58}
    >>> check_matched({"name": "lstm", **counts}).finding
    'lstm predicts 50 of 100 test rows and 90 of 100 val rows; the verdict is about those'
    """
    name = record["name"]
    counts = {key: value for key, value in record.items() if isinstance(value, int)}
    text = (
        f"{name} predicts {record['n_test']:,} of {record['all_test']:,} test rows and "
        f"{record['n_val']:,} of {record['all_val']:,} val rows"
    )
    if min(record["n_test"] / record["all_test"], record["n_val"] / record["all_val"]) < WHOLE:
        text = f"{text}; the verdict is about those"
        return Check(f"matched rows, {name}", "warning", text, counts, "tables")
    return Check(f"matched rows, {name}", "ok", text, counts, "tables")


def check_fitted_rows(rows: pd.DataFrame, splits: pd.DataFrame, *, name: str) -> Check:
    """Look for judged rows that the table itself calls train, or that overlap one it does.

    Parameters
    ----------
    rows : DataFrame
        Of `bring_table`: `symbol`, `time` and perhaps `set` and `fold`.
    splits : DataFrame
        `symbol`, `time`, `t1`, `set` of every row.
    name : str
        Of the table.

    Returns
    -------
    Check
        "leak" when a row that was fitted on shares an instant of [time, t1] with a val or test row;
        "warning" where validation rows of its own are judged, where `fold` says that the rows were
        predicted in turn, which leaves open what each fit had seen of later ones, where `set` has other
        words than train, val and test, and where it says nothing.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=2, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("1h"),
    ...                        "set": ["train", "test"]})
    >>> check_fitted_rows(splits[["symbol", "time"]].assign(set=["train", "test"]), splits, name="a").finding
    'a was fitted on rows whose label interval meets 1 of 1 judged rows'
    """
    label = f"rows it was fitted on, {name}"
    judged = splits.loc[splits["set"].isin(["val", "test"])]
    if "set" not in rows:
        text = f"{name} does not say (column set) which rows it was fitted on"
        if "fold" in rows:
            text = (
                f"{name} was predicted in {rows['fold'].nunique()} folds; it does not say whether each was "
            )
            text += "fitted on earlier rows alone"
        return Check(label, "warning", text, {}, "tables")
    own = rows[[*KEY, "set"]].merge(splits[[*KEY, "t1", "set"]], on=KEY, suffixes=("_own", ""))
    words = own["set_own"].map(lambda word: str(word).lower())
    fitted = own.loc[words.isin(FITTED)]
    meets = overlapping_rows(judged["time"], judged["t1"], fitted["time"], fitted["t1"])
    n_met, n_chosen = int(meets.sum()), int((words.isin(CHOSEN) & (own["set"] == "test")).sum())
    numbers = {"n_fitted": len(fitted), "n_met": n_met, "n_validation_in_test": n_chosen}
    if n_met:
        text = f"{name} was fitted on rows whose label interval meets {n_met} of {len(judged)} judged rows"
        return Check(label, "leak", text, numbers, "tables")
    if other := sorted(set(words) - FITTED - CHOSEN - NEITHER):
        text = f"{name} calls rows {listed(other)}: whether it was fitted on them it does not say"
        return Check(label, "warning", text, numbers, "tables")
    if n_chosen:
        text = (
            f"{n_chosen} test rows were validation rows of {name}: what was tuned on them is judged on them"
        )
        return Check(label, "warning", text, numbers, "tables")
    text = f"none of the {len(fitted)} rows that {name} was fitted on meets a judged one"
    return Check(label, "ok", text, numbers, "tables")


def check_own_columns(
    rows: pd.DataFrame, targets: pd.DataFrame, splits: pd.DataFrame, *, interval: str, name: str
) -> Check | None:
    """Compare the label and the t1 a table brings with those of the study, as they stand and moved by bars.

    Parameters
    ----------
    rows : DataFrame
        Of `bring_table`, with `label` or `t1`.
    targets : DataFrame
        Of train and val rows: `symbol`, `time`, `t1`, `label`.
    splits : DataFrame
        With the latest `t1` a row may have, by which it was purged.
    interval : str
        Length of a bar.
    name : str
        Of the table.

    Returns
    -------
    Check or None
        "leak" when its labels agree with those of other rows better than with those of its own, or its t1
        is not that of the row; "warning" when they are labels of something else; None without such columns.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=40, freq="h", tz="UTC")
    >>> targets = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time})
    >>> targets["label"] = [0.0, 0.0, 1.0, 1.0] * 10
    >>> early = targets[["symbol", "time", "label"]].assign(time=time - pd.Timedelta("1h"))
    >>> check_own_columns(early, targets, targets, interval="1h", name="a").finding
    'the labels of a agree with 1.00 of the rows 1 bar later and with .51 of their own, each class alike: \
its times are off'
    """
    if "label" not in rows and "t1" not in rows:
        return None
    check = f"own columns, {name}"
    if "t1" in rows:
        n_other, n = _other_t1(rows, targets, splits)
        if n_other > (1 - SAME) * n:
            text = f"t1 of {name} is not that of {n_other} of {n} rows: its times, or its horizon, are others"
            return Check(check, "leak", text, {"n_other_t1": n_other, "n": n}, "tables")
    agreement = _agreements(rows, targets[[*KEY, "label"]], interval) if "label" in rows else {}
    if not agreement:
        return Check(check, "ok", f"t1 of {name} is that of the rows", {}, "tables")
    numbers = {f"agreement_at_{shift:+d}": share for shift, share in agreement.items()}
    best = max(agreement, key=lambda shift: (agreement[shift], -abs(shift)))
    own = agreement.get(0, float("nan"))
    if best != 0 and agreement[best] >= SAME > own:
        bars = f"{abs(best)} bar{'s' if abs(best) > 1 else ''} {'later' if best > 0 else 'earlier'}"
        text = f"the labels of {name} agree with {short(agreement[best])} of the rows {bars} and with "
        text += f"{short(own)} of their own, each class alike: its times are off"
        return Check(check, "leak", text, numbers, "tables")
    text = f"the labels of {name} agree with this target in {short(own, 3)} of the rows, each class alike"
    if own < SAME:
        text += ": it was made for another target"
        return Check(check, "warning", text, numbers, "tables")
    return Check(check, "ok", text, numbers, "tables")


def check_score_drift(predictions: pd.DataFrame, *, alarm: float, name: str) -> Check:
    """Warn when the prediction is distributed differently on test than on val, where its levels come from.

    Parameters
    ----------
    predictions : DataFrame
        Of `match_table`: `set`, `logit_label`.
    alarm : float
        Population stability index that warns.
    name : str
        Of the table.

    Returns
    -------
    Check
        "ok" or "warning".

    Examples
    --------
    >>> rows = pd.DataFrame({"set": ["val"] * 50 + ["test"] * 50, "logit_label": range(100)})
    >>> check_score_drift(rows, alarm=0.25, name="a").status
    'warning'
    """
    val, test = (predictions.loc[predictions["set"] == one, "logit_label"] for one in ("val", "test"))
    index = population_stability_index(val, test)
    text = f"the logit of {name} moved from val to test by a PSI of {short(index)}"
    status: Status = "warning" if index > alarm else "ok"
    return Check(f"score drift, {name}", status, text, {"psi": index, "alarm": alarm}, "tables")


def _other_t1(rows: pd.DataFrame, targets: pd.DataFrame, splits: pd.DataFrame) -> tuple[int, int]:
    """Count rows whose own t1 is neither that of the target nor the latest it could be, and all rows."""
    own = rows[KEY].assign(t1_own=pd.to_datetime(rows["t1"], utc=True))
    both = own.merge(targets[[*KEY, "t1"]], on=KEY).merge(
        splits[[*KEY, "t1"]], on=KEY, suffixes=("", "_split")
    )
    other = (both["t1_own"] != both["t1"]) & (both["t1_own"] != both["t1_split"])
    return int(other.sum()), len(both)


def _agreements(rows: pd.DataFrame, known: pd.DataFrame, interval: str) -> dict[int, float]:
    """Share of equal labels when the table's rows are moved by whole bars; none for labels that are words.

    Each class counts alike: of a rare label nearly all rows agree wherever they are moved.
    """
    numbers = pd.to_numeric(rows["label"], errors="coerce")
    if numbers.isna().any():
        return {}
    own = rows[KEY].assign(own=(numbers > 0).astype(float))
    step = interval_timedelta(interval)
    shares = {}
    for shift in SHIFTS:
        both = own.assign(time=own["time"] + shift * step).merge(known, on=KEY)
        if len(both):
            truth = both["label"] > 0
            shares[shift] = float((both["own"] == truth).groupby(truth).mean().mean())
    return shares
