"""Whether the best of several trials stays good where it was not chosen: CSCV."""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from topoquant.lib.errors import bad_input

MAX_BLOCKS = 20
# Of the jackknife; above 16 blocks not all pairs are left out.
MAX_HALVINGS = 2_000_000
LOW_HIGH = float(norm.ppf(0.975))
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class BacktestOverfitting:
    """What becomes of the trial that looks best in one half of the blocks, in the other half.

    Attributes
    ----------
    pbo : float
        Share of the halvings in which it does not beat the median trial.
    pbo_error : float
        Standard error of `pbo`, from leaving out two blocks at a time; NaN below six blocks.
    pbo_low, pbo_high : float
        `pbo` less and plus 1.96 standard errors, within [0, 1].
    loss_probability : float
        Share of the halvings in which its Sharpe ratio is below 0 out of sample.
    degradation_slope, degradation_intercept : float
        Of the line through the Sharpe ratios out of sample over those in sample; below 0: the better it
        looked, the worse it became. NaN when all are equal in sample.
    logits : ndarray of float64, shape (n_halvings,)
        Log-odds of its relative rank out of sample; 0 is the median, above 0 is better.
    in_sample, out_of_sample : ndarray of float64, shape (n_halvings,)
        Its per-period Sharpe ratios.
    n_trials, n_blocks : int
        Columns and blocks.
    """

    pbo: float
    pbo_error: float
    pbo_low: float
    pbo_high: float
    loss_probability: float
    degradation_slope: float
    degradation_intercept: float
    logits: Matrix
    in_sample: Matrix
    out_of_sample: Matrix
    n_trials: int
    n_blocks: int

    def __float__(self) -> float:
        """Give the probability alone."""
        return self.pbo

    def to_dict(self) -> dict[str, float | int | None]:
        """Give the numbers, None for what is not finite; of the arrays only their medians."""
        names = (
            "pbo", "pbo_error", "pbo_low", "pbo_high", "loss_probability", "degradation_slope",
            "degradation_intercept", "n_trials", "n_blocks",
        )  # fmt: skip
        record = {name: getattr(self, name) for name in names}
        for name in ("logits", "in_sample", "out_of_sample"):
            record[f"{name}_median"] = float(np.median(getattr(self, name)))
        return {name: value if np.isfinite(value) else None for name, value in record.items()}


def probability_of_backtest_overfitting(returns: ArrayLike, *, n_blocks: int) -> BacktestOverfitting:
    """Choose the best trial in every half of the blocks and rank it in the other half (CSCV).

    Parameters
    ----------
    returns : array-like, shape (T, n_trials)
        Returns per period, in order of time, one column for every trial that was made, finite. A trial
        without spread in a half has a Sharpe ratio of 0 there.
    n_blocks : int
        Even, 2 to 20, at most T / 2: contiguous blocks, equally long or one row longer. All
        `n_blocks` choose `n_blocks / 2` halves are tried, 12,870 for 16.

    Returns
    -------
    BacktestOverfitting
        `pbo` counts a logit of 0 as overfitted, as the paper's integral does: with an odd number of
        trials without merit it is above one half on average.

    Raises
    ------
    InputError
        If `n_blocks` is odd or out of range, there are fewer than two trials, or a return is not finite.

    Notes
    -----
    Halvings share their blocks, so that 12,870 of them are far from 12,870 observations: `pbo` of trials
    without merit ranges widely from one record to the next. `pbo_error` says how widely, by the jackknife
    that deletes two blocks at a time (Shao and Wu, 1989), for independent blocks. It errs on the wide side:
    over 40 markets of 50 trials without merit and 10 blocks, PBO had a standard deviation of .18, the mean
    standard error was .26, and 95 % of the intervals held the mean.

    References
    ----------
    Bailey, Borwein, Lopez de Prado and Zhu (2017), "The probability of backtest overfitting".

    Examples
    --------
    >>> better_each_time = [[0.0, 0.01], [0.01, 0.03]] * 8
    >>> found = probability_of_backtest_overfitting(better_each_time, n_blocks=4)
    >>> found.pbo, len(found.logits), found.loss_probability
    (0.0, 6, 0.0)
    """
    sums, squares, n_rows = _block_sums(returns, n_blocks)
    logits, chosen_in, chosen_out = _rank_chosen(sums, squares, n_rows)
    pbo, error = float((logits <= 0).mean()), _jackknife_error(sums, squares, n_rows)
    slope, intercept = _line(chosen_in, chosen_out)
    spread = LOW_HIGH * error
    return BacktestOverfitting(
        pbo=pbo, pbo_error=error, pbo_low=float(max(0.0, pbo - spread)) if np.isfinite(error) else error,
        pbo_high=float(min(1.0, pbo + spread)) if np.isfinite(error) else error,
        loss_probability=float((chosen_out < 0).mean()),
        degradation_slope=slope, degradation_intercept=intercept,
        logits=logits, in_sample=chosen_in, out_of_sample=chosen_out,
        n_trials=sums.shape[1], n_blocks=n_blocks,
    )  # fmt: skip


def _block_sums(returns: ArrayLike, n_blocks: int) -> tuple[Matrix, Matrix, Matrix]:
    """Sum returns and their squares, (n_blocks, n_trials), and count the rows of each block."""
    values = np.asarray(returns, float)
    if values.ndim != 2 or values.shape[1] < 2:
        raise bad_input("returns", "of shape (T, n_trials >= 2)", values.shape, "pass one column per trial")
    if not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        raise bad_input("returns", "finite", f"{n_bad} that are not", "drop those periods for all trials")
    highest = min(MAX_BLOCKS, len(values) // 2)
    if n_blocks % 2 or not 2 <= n_blocks <= highest:
        raise bad_input("n_blocks", f"even and in [2, {highest}]", n_blocks, "16 is customary, 8 is quick")
    starts = np.arange(n_blocks) * len(values) // n_blocks
    # Scaled per trial, so that its sums of squares lose no digits; a Sharpe ratio has no scale.
    scale = np.abs(values).max(axis=0)
    values = values / np.where(scale > 0, scale, 1.0)
    n_rows = np.diff(np.append(starts, len(values))).astype(float)
    return np.add.reduceat(values, starts), np.add.reduceat(values**2, starts), n_rows


def _rank_chosen(sums: Matrix, squares: Matrix, n_rows: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Logit of the chosen trial's rank out of sample, and its Sharpe ratios in and out, per halving."""
    n_blocks, n_trials = sums.shape
    halves = np.array(list(combinations(range(n_blocks), n_blocks // 2)))
    parts = []
    for some in np.array_split(halves, max(1, len(halves) // 4096)):
        inside = np.zeros((len(some), n_blocks))
        np.put_along_axis(inside, some, 1.0, axis=1)
        sharpe_in = _sharpe(inside, sums, squares, n_rows)
        sharpe_out = _sharpe(1 - inside, sums, squares, n_rows)
        rows, best = np.arange(len(some)), sharpe_in.argmax(axis=1)
        out = sharpe_out[rows, best]
        below = (sharpe_out < out[:, None]).sum(axis=1)
        equal = (sharpe_out == out[:, None]).sum(axis=1)
        rank = below + (equal + 1) / 2
        parts.append((np.log(rank / (n_trials + 1 - rank)), sharpe_in[rows, best], out))
    logits, chosen_in, chosen_out = (np.concatenate(part) for part in zip(*parts, strict=True))
    return logits, chosen_in, chosen_out


def _sharpe(weights: Matrix, sums: Matrix, squares: Matrix, n_rows: Matrix) -> Matrix:
    """Sharpe ratio of each trial over the blocks of weight 1, (n_halvings, n_trials)."""
    n = (weights @ n_rows)[:, None]
    mean = weights @ sums / n
    variance = np.maximum(weights @ squares - n * mean**2, 0) / (n - 1)
    flat = variance < 1e-14
    return np.where(flat, 0.0, mean / np.sqrt(np.where(flat, 1.0, variance)))


def _jackknife_error(sums: Matrix, squares: Matrix, n_rows: Matrix) -> float:
    """Leave pairs of blocks out in turn, for the standard error of the PBO."""
    n_blocks = len(n_rows)
    if n_blocks < 6:
        return float("nan")
    pairs = list(combinations(range(n_blocks), 2))
    step = -(-len(pairs) * comb(n_blocks - 2, n_blocks // 2 - 1) // MAX_HALVINGS)
    left = []
    for pair in pairs[::step]:
        kept = np.delete(np.arange(n_blocks), pair)
        logits, _, _ = _rank_chosen(sums[kept], squares[kept], n_rows[kept])
        left.append(float((logits <= 0).mean()))
    return float(np.sqrt((n_blocks - 2) / 2) * np.std(left))


def _line(x: Matrix, y: Matrix) -> tuple[float, float]:
    """Slope and intercept of the least squares line, NaN when x does not vary."""
    spread = float(((x - x.mean()) ** 2).sum())
    if spread < 1e-18:
        return float("nan"), float("nan")
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    return slope, float(y.mean() - slope * x.mean())
