"""A fit on labels that mean nothing: what it still finds comes from the machinery, not from the market."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.intervals import bootstrap_auc
from topoquant.lib.validity.wording import short

LEVEL = 0.999


def permute_blocks(label: ArrayLike, block: int, seed: int) -> NDArray[np.float64]:
    """Shuffle the order of blocks of labels, and turn each one by an amount of its own.

    A block of one day in another place would still lie at the same hours: whoever knows the hour, and
    with it the volatility, would rank the permuted labels without any fault of the machinery.

    Parameters
    ----------
    label : array-like, shape (n,)
        In time order, symbol after symbol.
    block : int
        Labels per block, at least 1; the last block may be shorter.
    seed : int
        Seed of the shuffle.

    Returns
    -------
    ndarray, shape (n,)
        The same labels; runs within a block survive but for one seam, ties to the features and to the
        hour do not.

    Raises
    ------
    InputError
        If `block` is below 1 or there are not two blocks.

    Examples
    --------
    >>> permute_blocks([1, 2, 3, 4, 5, 6], 3, seed=0).tolist()
    [3.0, 1.0, 2.0, 6.0, 4.0, 5.0]
    """
    labels = np.asarray(label, float)
    if not 1 <= block < len(labels):
        raise bad_input("block", f"in [1, {len(labels)})", block, "shorten the block or give more rows")
    blocks = np.split(labels, np.arange(block, len(labels), block))
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(blocks))
    turned = [np.roll(blocks[place], generator.integers(len(blocks[place]))) for place in order]
    return np.concatenate(turned)


def permuted_label_check(
    score_fn: Callable[[NDArray[np.float64]], NDArray[np.float64]], rows: pd.DataFrame, label: ArrayLike, *,
    block: int, seed: int,
) -> Check:  # fmt: skip
    """Fit on labels permuted over all times and symbols and see whether out-of-fold scores rank them.

    Parameters
    ----------
    score_fn : callable
        Takes permuted labels, shape (n,), fits on them fold by fold, gives the out-of-fold score
        of each row, NaN where there is none.
    rows : DataFrame, shape (n, ...)
        `symbol` and `time` of the rows, in time order within a symbol.
    label : array-like, shape (n,)
        0 or 1.
    block : int
        Rows per block, both of the permutation and of the interval.
    seed : int
        Seed of both.

    Returns
    -------
    Check
        "warning" when the 0.999 interval of the AUC excludes one half, with the AUC in `numbers`.

    Examples
    --------
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": pd.date_range("2024", periods=400, freq="h", tz="UTC")})
    >>> label = np.random.default_rng(0).integers(0, 2, 400)
    >>> permuted_label_check(lambda y: y, rows, label, block=8, seed=0).status
    'warning'
    """
    labels = np.asarray(label, float)
    # Blocks go to any symbol. Shuffled within their own they would leave each its rate, and whoever tells
    # symbols apart would rank the permuted labels without any fault of the machinery.
    order = np.concatenate([*rows.groupby("symbol", sort=True).indices.values()])
    permuted = np.empty_like(labels)
    permuted[order] = permute_blocks(labels[order], block, seed)
    score = np.asarray(score_fn(permuted), float)
    scored = ~np.isnan(score)
    auc = bootstrap_auc(
        rows["time"][scored], permuted[scored], score[scored], block=block, seed=seed, level=LEVEL
    )
    numbers = {"n": int(scored.sum()), "auc": auc.value, "auc_low": auc.low, "auc_high": auc.high}
    text = (
        f"labels permuted in blocks of {block}: out-of-fold AUC {short(auc.value, 3)} "
        f"[{short(auc.low, 3)} {short(auc.high, 3)}] on {numbers['n']} rows"
    )
    if not auc.excludes(0.5):
        return Check("permuted_labels", "ok", text, numbers, "models")
    cause = (
        "something other than the features gives the label away" if auc.value > 0.5
        else "folds differ in base rate and their scores are pooled"
    )  # fmt: skip
    return Check("permuted_labels", "warning", f"{text}: {cause}", numbers, "models")
