"""The auditor's boosted trees, and nothing else of it."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.ensemble.auditor_options import AuditorOptions
from topoquant.lib.sampling import purged_tail, samples_from_arrays

N_GAINS = 10


def boost(
    rows: pd.DataFrame, design: pd.DataFrame, right: NDArray[np.float64], weight: NDArray[np.float64],
    options: AuditorOptions, *, seed: int,
) -> str:  # fmt: skip
    """Grow trees that tell right signals from wrong ones.

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        `time` and `t1` of the signals of one fit.
    design : DataFrame, shape (n, n_inputs)
        What the trees look at; NaN goes down its own branch.
    right : ndarray, shape (n,)
        1 or 0.
    weight : ndarray, shape (n,)
        Average uniqueness.
    options : AuditorOptions
        Of the trees.
    seed : int
        Of the rows and columns drawn for each.

    Returns
    -------
    str
        XGBoost's JSON, cut after the tree with the lowest log-loss on the purged tail of these rows.

    Raises
    ------
    InputError
        As `purged_tail`.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=60, freq="h")
    >>> rows = pd.DataFrame({"time": time, "t1": time})
    >>> odd = np.arange(60.0) % 2
    >>> options = AuditorOptions(share=0.3, kept=0.5, min_rarer=1, n_trees=5, learning_rate=0.5, max_depth=1,
    ...     min_child_weight=0, max_bins=8, feature_fraction=1, row_fraction=1, l2=1, patience=2,
    ...     validation_fraction=0.2, n_threads=1)
    >>> trees = boost(rows, pd.DataFrame({"odd": odd}), odd, np.ones(60), options, seed=0)
    >>> (margins(trees, pd.DataFrame({"odd": [0.0, 1.0]})) > 0).tolist()
    [False, True]
    """
    import xgboost  # noqa: PLC0415  (reading the options of an ensemble stays fast)

    samples = samples_from_arrays(
        time=rows["time"].to_numpy(), t1=rows["t1"].to_numpy(), targets={"label": right}
    )
    values = design.to_numpy(np.float64)
    matrices: list[Any] = []
    for part in purged_tail(samples, options.validation_fraction):
        # The tail is cut into the bins of the rows that are fitted on.
        matrices.append(
            xgboost.QuantileDMatrix(
                values[part], right[part], weight=weight[part], nthread=options.n_threads,
                max_bin=options.max_bins, ref=matrices[0] if matrices else None,
                feature_names=list(map(str, design)),
            )
        )  # fmt: skip
    booster = xgboost.train(
        _parameters(options, seed), matrices[0], num_boost_round=options.n_trees,
        evals=[(matrices[1], "tail")], early_stopping_rounds=options.patience, verbose_eval=False,
    )  # fmt: skip
    return booster[: booster.best_iteration + 1].save_raw("json").decode()


def margins(trees: str, design: pd.DataFrame) -> NDArray[np.float64]:
    """Give the trees' log-odds that each signal is right, before they are calibrated.

    Parameters
    ----------
    trees : str
        Of `boost`.
    design : DataFrame, shape (n, n_inputs)
        As in `boost`; n may be 0.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    if design.empty:
        return np.empty(0)
    import xgboost  # noqa: PLC0415

    booster = _load(trees)
    matrix = xgboost.DMatrix(design.to_numpy(np.float64), feature_names=list(map(str, design)), nthread=1)
    return np.asarray(booster.predict(matrix, output_margin=True), np.float64)


def gains(trees: str) -> tuple[int, dict[str, float]]:
    """Count the trees, and share out what they gain among the inputs they use most.

    Parameters
    ----------
    trees : str
        Of `boost`.

    Returns
    -------
    n_trees : int
    by_input : dict of str to float
        Share of the whole gain of at most ten inputs, the largest first; empty without a split.
    """
    booster = _load(trees)
    scores = {
        name: float(np.sum(gain)) for name, gain in booster.get_score(importance_type="total_gain").items()
    }
    whole = sum(scores.values())
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:N_GAINS]
    return booster.num_boosted_rounds(), {name: gain / whole for name, gain in ranked}


def _load(trees: str) -> Any:  # noqa: ANN401  (xgboost is imported only where trees are)
    """Read a booster from its JSON."""
    import xgboost  # noqa: PLC0415

    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(trees, "utf-8"))
    return booster


def _parameters(options: AuditorOptions, seed: int) -> dict[str, Any]:
    """Return the options in XGBoost's words."""
    return {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "eta": options.learning_rate,
        "max_depth": options.max_depth,
        "min_child_weight": options.min_child_weight,
        "max_bin": options.max_bins,
        "colsample_bytree": options.feature_fraction,
        "subsample": options.row_fraction,
        "lambda": options.l2,
        "nthread": options.n_threads,
        "seed": seed,
    }
