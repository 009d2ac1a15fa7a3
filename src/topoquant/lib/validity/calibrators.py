"""Maps from a logit to a better one, chosen where they were not fitted."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.special import logit as log_odds

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.purged import PurgedKFold
from topoquant.lib.validity.binary import checked_labels, row_log_loss
from topoquant.lib.validity.calibration import fit_logit_line

Kind = Literal["identity", "temperature", "platt", "isotonic"]
# The simpler first: it wins ties.
KINDS: tuple[Kind, ...] = ("identity", "temperature", "platt", "isotonic")
# Per unit of the raw logit: far below what any probability is printed to.
TIE_BREAK = 1e-6
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Calibrator:
    """A map of logits that never turns their order around.

    Attributes
    ----------
    kind : {"identity", "temperature", "platt", "isotonic"}
        What it is; the first three are lines.
    slope, intercept : float
        Of the line; 1 / temperature and 0 for "temperature".
    knots, values : tuple of float
        Of the steps of "isotonic", logits to logits, ascending, linear in between, constant outside, but
        for a slope of a millionth that keeps the order of the rows of one step.
    """

    kind: Kind
    slope: float = 1.0
    intercept: float = 0.0
    knots: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def apply(self, logit: ArrayLike) -> Vector:
        """Give calibrated logits of any shape, in the order of the raw ones; NaN stays NaN."""
        raw = np.asarray(logit, float)
        if self.kind == "isotonic":
            # Rows that tie could neither be ranked nor cut at a quantile: what they are worth is kept.
            return np.interp(raw, self.knots, self.values) + TIE_BREAK * raw
        return self.intercept + self.slope * raw

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON holds them."""
        return {**asdict(self), "knots": list(self.knots), "values": list(self.values)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        return cls(**{**record, "knots": tuple(record["knots"]), "values": tuple(record["values"])})


@dataclass(frozen=True)
class CalibratorChoice:
    """The calibrator chosen, fitted on all rows, and the losses that chose it.

    Attributes
    ----------
    calibrator : Calibrator
        Of the lowest loss.
    losses : dict of str to float
        Cross-fitted mean log-loss per kind, in nats; a kind that could not be fitted is not in it.
    n_rows : int
        Rows of the fit.
    """

    calibrator: Calibrator
    losses: dict[str, float]
    n_rows: int

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as JSON holds them."""
        return {
            "calibrator": self.calibrator.to_dict(),
            "losses": dict(self.losses),
            "n_rows": self.n_rows,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        return cls(Calibrator.from_dict(record["calibrator"]), dict(record["losses"]), record["n_rows"])


def fit_calibrator(
    label: ArrayLike, logit: ArrayLike, weight: ArrayLike | None = None, *, kind: Kind
) -> Calibrator | None:
    """Fit one kind of calibrator by weighted log-loss.

    Parameters
    ----------
    label : array-like, shape (n,)
        0 or 1.
    logit : array-like, shape (n,)
        Log-odds that were predicted out of fold, finite, in any order.
    weight : array-like, shape (n,), optional
        Average uniqueness of each label; 1 for each when not given.
    kind : {"identity", "temperature", "platt", "isotonic"}
        "temperature" divides the logit; "platt" is a line fitted to Platt's smoothed targets; "isotonic"
        are non-decreasing steps, with one positive row added at the lowest logit and one negative at
        the highest, so that no step is certain.

    Returns
    -------
    Calibrator or None
        None where the fit would turn the order around or make every row the same.

    Raises
    ------
    InputError
        For a kind that does not exist, a label that is neither 0 nor 1, or a score or weight that is no
        finite number.

    References
    ----------
    Platt (1999), "Probabilistic outputs for support vector machines"; Zadrozny and Elkan (2002);
    Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks".

    Examples
    --------
    >>> label, sure = [0, 0, 0, 1, 0, 1, 1, 1], [-2.2] * 4 + [2.2] * 4
    >>> round(fit_calibrator(label, sure, kind="temperature").slope, 3)
    0.499
    """
    if kind not in KINDS:
        raise bad_input("kind", f"one of {', '.join(KINDS)}", kind, "name one of them")
    positive, logits, weights = _checked(label, logit, weight)
    return _fit(positive, logits, weights, kind) if len(logits) else None


def choose_calibrator(
    label: ArrayLike, logit: ArrayLike, *, time: ArrayLike, t1: ArrayLike, n_blocks: int,
    weight: ArrayLike | None = None,
) -> CalibratorChoice:  # fmt: skip
    """Choose the calibrator of lowest log-loss on blocks of time that it was not fitted on.

    An error of calibration (ECE) on the rows of the fit would always choose isotonic steps.

    Parameters
    ----------
    label, logit, weight
        As in `fit_calibrator`: rows that were predicted out of fold, and never test rows.
    time, t1 : array-like of datetime or int, shape (n,)
        Of each row, in any order. A block is contiguous; rows whose [time, t1] meets it are left out of
        the fit that is judged on it.
    n_blocks : int
        At least 2.

    Returns
    -------
    CalibratorChoice
        The simpler kind (identity, temperature, platt, isotonic) on a tie; fitted on all rows.

    Raises
    ------
    InputError
        As `fit_calibrator`, and for fewer instants than blocks.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.normal(-1.0, 1.0, 2000)
    >>> label = (rng.random(2000) < expit(truth)).astype(float)
    >>> hour = np.arange(2000)
    >>> chosen = choose_calibrator(label, 3 * truth, time=hour, t1=hour + 4, n_blocks=5)
    >>> chosen.calibrator.kind, round(chosen.calibrator.slope, 1)
    ('temperature', 0.3)
    """
    positive, logits, weights = _checked(label, logit, weight)
    folds = PurgedKFold(n_blocks, embargo=pd.Timedelta(0)).split(logits, t0=time, t1=t1)
    sums = dict.fromkeys(KINDS, 0.0)
    for train, held_out in folds:
        for kind in list(sums):
            fitted = _fit(positive[train], logits[train], weights[train], kind)
            if fitted is None:
                del sums[kind]
                continue
            loss = row_log_loss(positive[held_out], expit(fitted.apply(logits[held_out])))
            sums[kind] += float(weights[held_out] @ loss)
    final = {kind: _fit(positive, logits, weights, kind) for kind in sums}
    losses: dict[str, float] = {
        kind: sums[kind] / float(weights.sum()) for kind in sums if final[kind] is not None
    }
    best = final[min(sums, key=lambda kind: losses.get(kind, np.inf))]
    return CalibratorChoice(best or Calibrator("identity"), losses, len(logits))


def _fit_identity(positive: Vector, logits: Vector, weights: Vector) -> Calibrator:  # noqa: ARG001
    """Change nothing."""
    return Calibrator("identity")


def _fit_temperature(positive: Vector, logits: Vector, weights: Vector) -> Calibrator | None:
    """Fit log-odds = slope * logit."""

    def loss(slope: float) -> float:
        return float(weights @ (np.logaddexp(0.0, slope * logits) - positive * slope * logits))

    # The loss is convex in the slope: below 0 the order turns, at 0 the rows are all the same.
    top = 100.0 / max(float(np.abs(logits).max(initial=0)), 1e-12)
    slope = float(minimize_scalar(loss, bounds=(0.0, top), method="bounded", options={"xatol": 1e-9}).x)
    return Calibrator("temperature", slope=slope) if slope > 1e-4 * top and slope < 0.999 * top else None


def _fit_platt(positive: Vector, logits: Vector, weights: Vector) -> Calibrator | None:
    """Fit log-odds = intercept + slope * logit to targets that are never quite 0 or 1."""
    n_positive = float(weights @ positive)
    n_negative = float(weights.sum()) - n_positive
    targets = np.where(positive > 0, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
    slope, intercept = fit_logit_line(targets, logits, weights)
    return Calibrator("platt", slope=slope, intercept=intercept) if slope > 0 else None


def _fit_isotonic(positive: Vector, logits: Vector, weights: Vector) -> Calibrator | None:
    """Fit steps between logits."""
    # Imported here: scikit-learn takes a second, and most who import this fit nothing.
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415

    ends = [logits.min(), logits.max()]
    steps = IsotonicRegression().fit(
        np.append(logits, ends), np.append(positive, [1.0, 0.0]), np.append(weights, [1.0, 1.0])
    )
    values = log_odds(steps.y_thresholds_)
    if len(np.unique(values)) < 2:
        return None
    knots, heights = (tuple(map(float, part)) for part in (steps.X_thresholds_, values))
    return Calibrator("isotonic", knots=knots, values=heights)


FITS: dict[Kind, Callable[[Vector, Vector, Vector], Calibrator | None]] = {
    "identity": _fit_identity,
    "temperature": _fit_temperature,
    "platt": _fit_platt,
    "isotonic": _fit_isotonic,
}


def _fit(positive: Vector, logits: Vector, weights: Vector, kind: Kind) -> Calibrator | None:
    """Fit one kind on rows that were checked."""
    return FITS[kind](positive, logits, weights)


def _checked(label: ArrayLike, logit: ArrayLike, weight: ArrayLike | None) -> tuple[Vector, Vector, Vector]:
    """Labels, logits and weights as floats, or a refusal."""
    positive, logits = checked_labels(label, logit)
    weights = np.ones(len(logits)) if weight is None else np.asarray(weight, float)
    if weights.shape != logits.shape or not np.isfinite(weights).all() or weights.min(initial=0) < 0:
        raise bad_input(
            "weight", f"{len(logits)} finite numbers, none below 0", f"shape {weights.shape}",
            "pass the uniqueness of the same rows",
        )  # fmt: skip
    if not np.isfinite(logits).all():
        raise bad_input(
            "logit", "finite", f"{int((~np.isfinite(logits)).sum())} that are not", "clip the logits"
        )
    return positive.astype(float), logits, weights
