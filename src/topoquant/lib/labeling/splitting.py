"""The rows of a study: cut by times alone, or by the rate of labels that nothing was fitted to."""

import pandas as pd

from topoquant.lib.bars import decision_time, map_symbols
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.kinds import fit_target, label_bars
from topoquant.lib.labeling.options import TargetOptions
from topoquant.lib.sampling import SplitOptions, assign_rows, assign_stratified_rows, before_test


def split_bars(
    bars: pd.DataFrame,
    interval: str,
    *,
    label: TargetOptions,
    split: SplitOptions,
    n_rows: int | None = None,
) -> pd.DataFrame:
    """Assign every bar's row to a set and every train row to a fold.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time).
    interval : str
        Length of a bar.
    label : of any kind of target
        Its horizon purges. Where the split is stratified, labels are made of the bars before test, and their
        rate chooses the blocks of val.
    split : SplitOptions
        Kind, fractions, folds, embargo.
    n_rows : int or None
        Keep at most this many train rows.

    Returns
    -------
    DataFrame, one row per bar in the order of `bars`
        As of `assign_rows`. A chronological split depends on the times of the bars alone, a stratified one
        on the bars before test besides.

    Raises
    ------
    InputError
        As `assign_rows` and `assign_stratified_rows`; if the split is stratified and a threshold is to be
        fitted to a rate (the rate would then choose both), or the target has no label of 0 and 1.

    Examples
    --------
    >>> from topoquant.lib.labeling import DirectionOptions
    >>> bars = pd.DataFrame({"symbol": "BTCUSDT",
    ...     "open_time": pd.date_range("2024-01-01", periods=30, freq="15min", tz="UTC")})
    >>> split = SplitOptions(train=0.6, val=0.2, n_folds=2, embargo=None)
    >>> splits = split_bars(bars, "15m", label=DirectionOptions(horizon=1), split=split)
    >>> splits["set"].value_counts(sort=False).to_dict()
    {'train': 17, 'purged': 2, 'embargoed': 2, 'val': 4, 'test': 5}
    """
    if split.kind == "chronological":
        return assign_rows(bars, interval, horizon=label.horizon, options=split, n_rows=n_rows)
    if getattr(label, "threshold", 0.0) is None:
        raise bad_input(
            "label.threshold", "a number where the split is stratified by the rate", None,
            "set label.threshold, or split.kind to chronological: the rate cannot choose both",
        )  # fmt: skip
    early = before_test(bars, interval, horizon=label.horizon, options=split)
    known = bars.loc[early].reset_index(drop=True)
    target = fit_target(known, decision_time(known, interval), interval=interval, options=label)
    labels = map_symbols(lambda one: label_bars(one, target, label, interval=interval), known)
    if "label" not in labels:
        raise bad_input(
            "target of a stratified split", "with a label of 0 and 1", target["kind"],
            "set split.kind to chronological",
        )  # fmt: skip
    return assign_stratified_rows(
        bars, interval, horizon=label.horizon, options=split, labels=labels, n_rows=n_rows
    )
