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
