"""Out-of-fold fits on labels that mean nothing: what the permuted-label check is run on."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.models import LightGBMOptions
from topoquant.lib.training.features import MemberFeatures
from topoquant.lib.training.member import FoldPlan, member_samples, train_samples
from topoquant.lib.training.target_heads import check_label


@dataclass(frozen=True)
class PermutedScoring:
    """What `permuted_label_check` asks for.

    Attributes
    ----------
    score : callable
        From labels, shape (n,), to out-of-fold logits of a LightGBM fitted on them, less their mean in
        the fold: a fold rich in ones is predicted by rows that are poor in them, and pooled as they are
        such scores rank below one half without anything being wrong.
    rows : DataFrame, shape (n, ...)
        Train rows in time order within a symbol.
    label : ndarray, shape (n,)
        The labels as they are.
    """

    score: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    rows: pd.DataFrame
    label: NDArray[np.float64]


def score_permuted(
    splits: pd.DataFrame,
    targets: pd.DataFrame,
    features: MemberFeatures,
    plan: FoldPlan,
    options: LightGBMOptions,
    *,
    seed: int,
) -> PermutedScoring:
    """Prepare the fit on permuted labels of train rows.

    Parameters
    ----------
    splits, targets : DataFrame
        Of `assign_rows` and `label_rows`; development rows only.
    features : MemberFeatures
        What the booster sees.
    plan : FoldPlan
        How train rows are held out.
    options : LightGBMOptions
        Of the booster.
    seed : int
        Of the fits.

    Returns
    -------
    PermutedScoring
        For `permuted_label_check`.

    Examples
    --------
    >>> from topoquant.lib.sampling import SplitOptions
    >>> keys = pd.DataFrame({"symbol": "SYN", "time": pd.date_range("2024", periods=90, freq="h", tz="UTC")})
    >>> keys["t1"] = keys["time"] + pd.Timedelta("1h")
    >>> splits = keys.assign(set="train", fold=np.arange(90) // 45, kept=True)
    >>> targets = keys.assign(target_id="up1", label=np.tile([0.0, 1.0], 45), ret=0.0, uniqueness=1.0)
    >>> features = MemberFeatures(static=keys[["symbol", "time"]].assign(x=np.tile([0.0, 1.0], 45)))
    >>> plan = FoldPlan(split=SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=None), horizon=1,
    ...                 interval="1h")
    >>> options = LightGBMOptions(
    ...     n_trees=4, learning_rate=0.2, n_leaves=4, min_rows_per_leaf=5, max_bins=15, feature_fraction=1.0,
    ...     row_fraction=1.0, l2=1.0, patience=4, validation_fraction=0.1, n_threads=1,
    ... )
    >>> scoring = score_permuted(splits, targets, features, plan, options, seed=0)
    >>> logit = scoring.score(scoring.label)
    >>> bool(logit[scoring.label == 1].min() > logit[scoring.label == 0].max())
    True
    """
    samples, _ = member_samples(splits, targets, features, interval=plan.interval)
    train = samples.of_set("train")
    check_label(train.targets)
    label = train.targets["label"].to_numpy(np.float64)

    def score(labels: NDArray[np.float64]) -> NDArray[np.float64]:
        permuted = replace(train, targets=pd.DataFrame({"label": labels}))
        folded = train_samples("lightgbm", permuted, plan, options=options, fit=None, seed=seed)
        logit = folded.predictions["logit_label"]
        return (logit - logit.groupby(folded.predictions["fold"]).transform("mean")).to_numpy(np.float64)

    return PermutedScoring(score, train.rows, label)
