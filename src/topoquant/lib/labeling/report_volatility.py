"""What volatility knows of a label: the rate in calm and wild markets, and the AUC of a sign-blind fit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import decision_time
from topoquant.lib.indicators import BlindOptions, blind_names, sign_blind_features
from topoquant.lib.labeling.report_counts import CHANCE
from topoquant.lib.labeling.report_rows import Kind, each_symbol, key_columns, log_return_columns

REGIMES = ("calm", "normal", "wild")
# Newton steps; the penalised loss is convex and settles in about ten.
N_ITERATIONS = 100


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something about a row that volatility may or may not be able to tell.

    Attributes
    ----------
    text : str
        What is asked.
    answer : ndarray of float64, shape (n_rows,)
        1 or 0; NaN where the question does not arise.
    expected : bool
        Whether volatility is expected to know: how far a price goes follows from it, which way
        does not.
    """

    text: str
    answer: NDArray[np.float64]
    expected: bool


def development_features(
    bars: pd.DataFrame, rows: pd.DataFrame, *, interval: str, blind: BlindOptions
) -> pd.DataFrame:
    """Compute sign-blind features and the range of the bar that closes at each train and val row.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols. Those known after the last val row are not looked at.
    rows : DataFrame
        Key and `set`.
    interval : str
        Length of a bar.
    blind : BlindOptions
        Half-lives and lags.

    Returns
    -------
    DataFrame, one row per row of `rows`, in their order
        The columns of `sign_blind_features` and `bar_range` (high / low - 1); NaN in test rows
        and during warm-up.
    """
    development = rows["set"] != "test"
    known = bars[decision_time(bars, interval) <= rows.loc[development, "time"].max()]
    tables = []
    for _, of_symbol in each_symbol(known):
        table = sign_blind_features(of_symbol.reset_index(drop=True), blind, interval=interval)
        tables.append(table.assign(bar_range=(of_symbol["high"] / of_symbol["low"] - 1).to_numpy()))
    key = key_columns(rows)
    joined = rows[key].merge(pd.concat(tables, ignore_index=True), on=key, how="left")
    joined = joined.drop(columns=key)
    joined[~development.to_numpy()] = np.nan
    return joined


def mark_regimes(rows: pd.DataFrame, log_range: pd.Series) -> tuple[pd.Series, list[dict[str, Any]]]:
    """Cut the trailing range at the terciles of a symbol's train rows: calm, normal, wild.

    Parameters
    ----------
    rows : DataFrame
        `set` and, with several symbols, `symbol`.
    log_range : Series
        Log of the trailing mean squared log range, known at `time`; NaN where unknown.

    Returns
    -------
    regimes : Series
        One of "calm", "normal" and "wild"; missing where the range is unknown or the symbol has
        no train row.
    edges : list of dict
        Per symbol `symbol` (None where unnamed), `calm_to` and `wild_from`: root mean squared
        log ranges of one bar.

    Examples
    --------
    >>> rows = pd.DataFrame({"set": ["train"] * 3 + ["val"]})
    >>> mark_regimes(rows, pd.Series([-3.0, -2.0, -1.0, -0.5]))[0].tolist()
    ['calm', 'normal', 'wild', 'wild']
    """
    regime = pd.Series(index=rows.index, dtype=object)
    edges = []
    for name, of_symbol in each_symbol(rows):
        values = log_range.loc[of_symbol.index]
        known = values[values.notna()]
        train = known[of_symbol.loc[known.index, "set"] == "train"]
        if train.empty:
            continue
        low, high = np.quantile(train, [1 / 3, 2 / 3])
        place = np.searchsorted([low, high], known.to_numpy(), side="left")
        regime.loc[known.index] = np.array(REGIMES, dtype=object)[place]
        edges.append(
            {"symbol": name, "calm_to": float(np.exp(low / 2)), "wild_from": float(np.exp(high / 2))}
        )
    return regime, edges


def volatility_questions(rows: pd.DataFrame, kind: Kind, *, side: str) -> list[Question]:
    """Ask of a target what volatility could know of it.

    Parameters
    ----------
    rows : DataFrame
        Of `report_rows`.
    kind : {"binary", "three_class", "continuous"}
        Of the target.
    side : str
        Of the target; a binary label of side "direction" says which way, any other how far.

    Returns
    -------
    list of Question
        Whether a size is reached, and which way the price goes, as far as the target has each.
        A log-return is large above the median size of the train rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"outcome": [1.0, -1.0, 0.0]})
    >>> [(one.text, one.answer.tolist()) for one in volatility_questions(rows, "three_class", side="both")]
    [('touched or not', [1.0, 1.0, 0.0]), ('upper or lower', [1.0, 0.0, nan])]
    """
    outcome = rows["outcome"].to_numpy(np.float64)
    questions = []
    if kind == "binary":
        questions.append(Question(text="label 1", answer=outcome, expected=side != "direction"))
    if kind == "three_class":
        touched = np.where(np.isnan(outcome), np.nan, (outcome != 0).astype(np.float64))
        upper = np.where(touched == 1, (outcome == 1).astype(np.float64), np.nan)
        questions.append(Question(text="touched or not", answer=touched, expected=True))
        questions.append(Question(text="upper or lower", answer=upper, expected=False))
    for column in log_return_columns(rows):
        values = rows[column].to_numpy(np.float64)
        finite = np.isfinite(values)
        train = np.abs(values[finite & (rows["set"] == "train").to_numpy()])
        if len(train):
            large, up = np.abs(values) > np.median(train), values > 0
            questions.append(Question(text=f"size of {column}", answer=_known(large, finite), expected=True))
            questions.append(Question(text=f"sign of {column}", answer=_known(up, finite), expected=False))
    return questions


def volatility_auc(
    question: Question, rows: pd.DataFrame, features: pd.DataFrame, *, blind: BlindOptions, l2: float
) -> dict[str, Any]:
    """Fit a penalised logistic regression on train rows and rank val rows by it.

    Parameters
    ----------
    question : Question
        What is to be known.
    rows : DataFrame
        `set` and `uniqueness`.
    features : DataFrame
        Of `development_features`.
    blind : BlindOptions
        That they were computed with.
    l2 : float
        Penalty of the slopes of standardised features, in rows.

    Returns
    -------
    dict
        `question`, `expected`, `auc` (on val rows; None where it is not measured), `n_train`, `n`
        (val rows), `chance` (the AUC that a ranking by chance passes once in a hundred, given how
        many independent rows of both classes there are) and `reason` (why it was not measured).
    """
    design = features[list(blind_names(blind))].to_numpy(np.float64)
    usable = ~np.isnan(question.answer) & np.isfinite(design).all(axis=1)
    train, val = (usable & (rows["set"] == name).to_numpy() for name in ("train", "val"))
    found: dict[str, Any] = {"question": question.text, "expected": question.expected}
    found |= {"auc": None, "n_train": int(train.sum()), "n": int(val.sum()), "chance": None, "reason": None}
    for name, chosen in (("train", train), ("val", val)):
        n_classes = len(np.unique(question.answer[chosen]))
        if n_classes < 2:
            found["reason"] = f"{n_classes} of 2 classes in {int(chosen.sum())} {name} rows with features"
            return found
    score = _fit(design[train], question.answer[train], l2).decision_function(design[val])
    unique = rows["uniqueness"].to_numpy(np.float64)[val]
    return found | _ranked(score, question.answer[val], unique)


def _fit(design: NDArray[np.float64], answer: NDArray[np.float64], l2: float) -> Any:  # noqa: ANN401
    """Standardise and fit."""
    # Heavy imports that only this function needs.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    line = LogisticRegression(C=1 / l2, max_iter=N_ITERATIONS, solver="newton-cholesky")
    return make_pipeline(StandardScaler(), line).fit(design, answer)


def _ranked(
    score: NDArray[np.float64], answer: NDArray[np.float64], unique: NDArray[np.float64]
) -> dict[str, Any]:
    """Measure the AUC, and what chance could reach (Mann-Whitney, with effective numbers of rows)."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    n_yes, n_no = (float(np.nansum(unique[answer == one])) for one in (1, 0))
    known = n_yes > 0 and n_no > 0
    error = np.sqrt((n_yes + n_no + 1) / (12 * n_yes * n_no)) if known else np.inf
    return {"auc": float(roc_auc_score(answer, score)), "chance": float(min(1.0, 0.5 + CHANCE * error))}


def _known(answer: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return 1 and 0, NaN where it is not known."""
    return np.where(known, answer.astype(np.float64), np.nan)
