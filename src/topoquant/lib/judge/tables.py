"""The steps of the judge, for all tables of a run: bring, match, choose, check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.ensemble import EnsembleOptions, EnsembleResult, ensemble
from topoquant.lib.errors import bad_input
from topoquant.lib.judge.checks import (
    check_fitted_rows,
    check_matched,
    check_own_columns,
    check_score_drift,
)
from topoquant.lib.judge.knowledge import check_known_bars
from topoquant.lib.judge.matching import match_table, stack_tables, unstack_tables
from topoquant.lib.judge.options import TableOptions
from topoquant.lib.judge.reading import KEY, bring_table
from topoquant.lib.sampling import SplitOptions, embargo_bars
from topoquant.lib.validity import (
    AuditOptions,
    Check,
    Question,
    check_base_rates,
    check_flatness,
    check_interval_overlap,
    check_join_keys,
    check_out_of_fold,
)

Record = dict[str, Any]
# Several tables are alternatives: one is chosen on val, none are mixed.
ALTERNATIVES = EnsembleOptions(candidates=("best_single",), ridge=1.0, min_rarer=1)


@dataclass(frozen=True, kw_only=True)
class Study:
    """What tables are checked against.

    Attributes
    ----------
    bars, splits, targets : DataFrame
        Of the market; targets of train and val rows.
    label_summary : mapping
        With `rate` and `n` by set.
    """

    bars: pd.DataFrame
    splits: pd.DataFrame
    targets: pd.DataFrame
    label_summary: Mapping[str, Any]


def bring_tables(
    tables: Mapping[str, pd.DataFrame], bars: pd.DataFrame, options: TableOptions, *, interval: str
) -> tuple[pd.DataFrame, list[Record]]:
    """Bring every table to one form.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As somebody made them, by name.
    bars, options, interval
        As in `bring_table`.

    Returns
    -------
    rows : DataFrame
        `table` and the columns of `bring_table`, tables below one another.
    records : list of dict
        One per table.

    Examples
    --------
    >>> from topoquant.lib.bars import synthetic_bars
    >>> bars = synthetic_bars("noise", n_bars=300, seed=0, interval="15m").bars
    >>> options = TableOptions(key=None, column=None, scale=None, time_zone=None, split="bars", n_blocks=5)
    >>> frame = pd.DataFrame({"open_time": bars["open_time"][:2], "score": [0.1, -0.2]})
    >>> rows, records = bring_tables({"a": frame, "b": frame}, bars, options, interval="15m")
    >>> rows["table"].tolist(), len(records)
    (['a', 'a', 'b', 'b'], 2)
    """
    brought = {
        name: bring_table(frame, bars, options, interval=interval, name=name)
        for name, frame in tables.items()
    }
    rows = stack_tables({name: rows for name, (rows, _) in brought.items()})
    return rows, [record for _, record in brought.values()]


def common_times(rows: pd.DataFrame) -> pd.Series:
    """Decision times that every table has.

    Parameters
    ----------
    rows : DataFrame
        Of `bring_tables`.

    Returns
    -------
    Series of datetime (UTC)
        Ascending.

    Raises
    ------
    InputError
        If there is none.

    Examples
    --------
    >>> common_times(pd.DataFrame({"table": ["a", "a", "b"], "time": [1, 2, 2]})).tolist()
    [2]
    """
    n_tables = rows.groupby("time")["table"].nunique()
    times = pd.Series(n_tables.index[n_tables == rows["table"].nunique()])
    if times.empty:
        raise bad_input("times that all tables have", "one or more", 0, "judge tables of the same rows")
    return times


def match_tables(
    rows: pd.DataFrame,
    records: Sequence[Mapping[str, Any]],
    splits: pd.DataFrame,
    targets: pd.DataFrame,
    options: TableOptions,
) -> tuple[pd.DataFrame, list[Record]]:
    """Make predictions out of every table.

    Parameters
    ----------
    rows, records
        Of `bring_tables`.
    splits, targets, options
        As in `match_table`.

    Returns
    -------
    predictions : DataFrame
        `table` and the columns of `match_table`, tables below one another.
    records : list of dict
        Those given, with what was matched.

    Raises
    ------
    InputError
        As `match_table`.
    """
    brought = unstack_tables(rows)
    shared = splits.loc[splits["set"] == "val"]
    for own in brought.values():
        shared = shared.merge(own[KEY], on=KEY)
    matched = {
        name: match_table(brought[name], record, splits, targets, options, shared=shared)
        for name, record in ((str(record["name"]), record) for record in records)
    }
    predictions = stack_tables({name: made for name, (made, _) in matched.items()})
    return predictions, [record for _, record in matched.values()]


def choose_table(
    tables: Mapping[str, pd.DataFrame],
    blind: Mapping[str, pd.DataFrame],
    targets: pd.DataFrame,
    split: SplitOptions,
    *,
    interval: str,
    horizon: int,
) -> EnsembleResult:
    """Choose, on the first half of val, the table the verdict is about, and what counts as naive.

    Parameters
    ----------
    tables, blind : mapping of str to DataFrame
        Predictions of the tables and of the sign-blind baselines.
    targets : DataFrame
        Of train and val rows.
    split : SplitOptions
        For the embargo.
    interval : str
        Length of a bar.
    horizon : int
        Bars ahead.

    Returns
    -------
    EnsembleResult
        As of `ensemble`, with the tables as alternatives.

    Raises
    ------
    InputError
        As `ensemble`, and for a table that has the name of a baseline.
    """
    twice = sorted(set(tables) & set(blind))
    if twice:
        raise bad_input(
            "names of tables", f"other than {', '.join(blind)}", ", ".join(twice), "rename the file"
        )
    embargo = embargo_bars(split, horizon=horizon) * interval_timedelta(interval)
    return ensemble(
        {**tables, **blind}, targets, ALTERNATIVES,
        members=list(tables), blind_members=list(blind), embargo=embargo,
    )  # fmt: skip


def check_tables(
    rows: pd.DataFrame,
    predictions: Mapping[str, pd.DataFrame],
    records: Sequence[Mapping[str, Any]],
    study: Study,
    question: Question,
    *,
    split: SplitOptions,
    audit: AuditOptions,
) -> list[Check]:
    """Run every check that applies to predictions somebody else made.

    Parameters
    ----------
    rows : DataFrame
        Of `bring_tables`.
    predictions : mapping of str to DataFrame
        What `match_tables` made of them.
    records : sequence of mapping
        Of `match_tables`.
    study : Study
        What they are checked against.
    question : Question
        Horizon, interval, seed.
    split : SplitOptions
        For the embargo.
    audit : AuditOptions
        Alarms.

    Returns
    -------
    list of Check
        One kind after the other, the graver first; those of the study last.
    """
    interval = question.interval
    embargo = embargo_bars(split, horizon=question.horizon) * interval_timedelta(interval)
    of_study = [
        check_interval_overlap(study.splits, embargo=embargo),
        check_join_keys(predictions, study.splits),
        check_base_rates(study.label_summary, max_ratio=audit.max_rate_ratio),
    ]
    brought = unstack_tables(rows)
    of_tables = []
    for record in records:
        name = str(record["name"])
        own, table = brought[name], predictions[name]
        judged = own.merge(table.loc[table["set"] != "train", KEY], on=KEY)
        known = check_known_bars(
            judged, study.bars, interval=interval, horizon=question.horizon,
            block=question.block, seed=question.seed, name=name,
        )  # fmt: skip
        of_tables.append([
            known,
            check_own_columns(own, study.targets, study.splits, interval=interval, name=name),
            check_matched(record),
            check_flatness(table, study.targets, name=name),
            check_score_drift(table, alarm=audit.drift_alarm, name=name),
            replace(check_out_of_fold(table, study.splits), name=f"out of fold, {name}"),
            check_fitted_rows(own, study.splits, name=name),
        ])  # fmt: skip
    # What is graver stands first, for the last lines of a run name three.
    by_kind = [check for kind in zip(*of_tables, strict=True) for check in kind if check is not None]
    return [*by_kind, *of_study]
