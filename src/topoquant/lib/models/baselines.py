"""What every model has to beat: the base rate, and a line through the same features."""

import json
import warnings
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from topoquant.lib.errors import bad_input
from topoquant.lib.models.options import Head, LogisticOptions, RidgeOptions
from topoquant.lib.models.rows import check_kinds
from topoquant.lib.models.spec import ModelSpec
from topoquant.lib.models.summaries import SUMMARIES, design_matrix
from topoquant.lib.sampling.samples import Samples


@dataclass(frozen=True)
class Majority:
    """The weighted mean of each target over the train rows, whatever the features.

    Attributes
    ----------
    spec : ModelSpec
        Heads; shapes are not looked at.
    means : dict
        Weighted train mean per head; empty before a fit.
    """

    spec: ModelSpec
    means: dict[str, float] = field(default_factory=dict)
    history: ClassVar[tuple[dict[str, Any], ...]] = ()
    best_epoch: ClassVar[int] = 0

    def __post_init__(self) -> None:
        """Refuse heads it cannot predict."""
        check_kinds(self.spec, "binary", "fraction", "value")

    @property
    def n_parameters(self) -> int:
        """Return one per head."""
        return len(self.spec.heads)

    def fit(self, samples: Samples, *, seed: int) -> Self:  # noqa: ARG002  (nothing is drawn)
        """Return a copy that knows the weighted means of `samples`."""
        means = {
            head.name: float(np.average(samples.targets[head.name], weights=samples.weights))
            for head in self.spec.heads
        }
        return replace(self, means=means)

    def predict(self, samples: Samples) -> dict[str, NDArray[np.float64]]:
        """Return the same logit or value for every row."""
        return {
            head.name: np.full(
                len(samples), logit(self.means[head.name]) if head.kind == "binary" else self.means[head.name]
            )
            for head in self.spec.heads
        }

    def dump(self) -> dict[str, bytes]:
        """Return `coefficients.json`."""
        return {"coefficients.json": json.dumps(self.means, sort_keys=True).encode()}

    def load(self, files: dict[str, bytes]) -> Self:
        """Return a copy fitted as the one that dumped `files`."""
        return replace(self, means=json.loads(files["coefficients.json"]))


@dataclass(frozen=True)
class Logistic:
    """Penalised logistic regression per binary head, ridge regression per fraction or value head.

    Columns are window summaries and static features, standardised on the train rows.

    Attributes
    ----------
    spec : ModelSpec
        Shapes, heads and `LogisticOptions`.
    lines : dict
        Per head `intercept` and `slopes`, in units of the raw columns' z-scores, and `mean` and
        `scale` of the columns under the name "columns"; empty before a fit.
    """

    spec: ModelSpec
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: ClassVar[tuple[dict[str, Any], ...]] = ()
    best_epoch: ClassVar[int] = 0

    def __post_init__(self) -> None:
        """Refuse heads it cannot predict."""
        check_kinds(self.spec, "binary", "fraction", "value")

    @property
    def n_parameters(self) -> int:
        """Return slopes and intercepts of all heads."""
        n_columns = len(SUMMARIES) * self.spec.n_channels + self.spec.n_static
        return len(self.spec.heads) * (n_columns + 1)

    def fit(self, samples: Samples, *, seed: int) -> Self:  # noqa: ARG002  (nothing is drawn)
        """Return a copy fitted on `samples`."""
        design = design_matrix(samples)
        mean, scale = design.mean(axis=0), design.std(axis=0)
        scale[scale == 0] = 1.0
        design = (design - mean) / scale
        lines = {"columns": {"mean": mean.tolist(), "scale": scale.tolist()}}
        for head in self.spec.heads:
            target = samples.targets[head.name].to_numpy()
            lines[head.name] = _fit_line(head, self.spec.options, design, target, samples.weights)
        return replace(self, lines=lines)

    def predict(self, samples: Samples) -> dict[str, NDArray[np.float64]]:
        """Return per head the logit (binary) or the value, a fraction clipped to [0, 1]."""
        columns = self.lines["columns"]
        design = (design_matrix(samples) - np.array(columns["mean"])) / np.array(columns["scale"])
        outputs = {}
        for head in self.spec.heads:
            line = self.lines[head.name]
            raw = design @ np.array(line["slopes"]) + line["intercept"]
            outputs[head.name] = np.clip(raw, 0.0, 1.0) if head.kind == "fraction" else raw
        return outputs

    def dump(self) -> dict[str, bytes]:
        """Return `coefficients.json`."""
        return {"coefficients.json": json.dumps(self.lines, sort_keys=True).encode()}

    def load(self, files: dict[str, bytes]) -> Self:
        """Return a copy fitted as the one that dumped `files`."""
        return replace(self, lines=json.loads(files["coefficients.json"]))


@dataclass(frozen=True)
class RidgeLine(Logistic):
    """Ridge regression per fraction or value head, on the same columns.

    Attributes
    ----------
    spec : ModelSpec
        Shapes, heads and `RidgeOptions`.
    lines : dict
        As of `Logistic`.
    """

    def __post_init__(self) -> None:
        """Refuse heads it cannot predict."""
        check_kinds(self.spec, "fraction", "value")


@dataclass(frozen=True)
class Zero:
    """Nothing moves: what a forecast of returns has to beat.

    Attributes
    ----------
    spec : ModelSpec
        Heads, of kind value; shapes are not looked at.
    """

    spec: ModelSpec
    history: ClassVar[tuple[dict[str, Any], ...]] = ()
    best_epoch: ClassVar[int] = 0
    n_parameters: ClassVar[int] = 0

    def __post_init__(self) -> None:
        """Refuse heads of which 0 is no forecast."""
        check_kinds(self.spec, "value")

    def fit(self, samples: Samples, *, seed: int) -> Self:  # noqa: ARG002  (nothing is learnt or drawn)
        """Return itself."""
        return self

    def predict(self, samples: Samples) -> dict[str, NDArray[np.float64]]:
        """Return 0 for every row."""
        return {head.name: np.zeros(len(samples)) for head in self.spec.heads}

    def dump(self) -> dict[str, bytes]:
        """Return `coefficients.json`, of which there are none."""
        return {"coefficients.json": b"{}"}

    def load(self, files: dict[str, bytes]) -> Self:  # noqa: ARG002  (there is nothing in them)
        """Return itself."""
        return self


def _fit_line(
    head: Head,
    options: LogisticOptions | RidgeOptions,
    design: NDArray[np.float64],
    target: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> dict[str, Any]:
    """Fit one head; refuse a solution that has not converged."""
    if isinstance(options, RidgeOptions) or head.kind != "binary":
        line = Ridge(alpha=options.l2).fit(design, target, weights)
    else:
        line = LogisticRegression(C=1 / options.l2, max_iter=options.n_iterations, solver="newton-cholesky")
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            try:
                line.fit(design, target, weights)
            except ConvergenceWarning as error:
                raise bad_input(
                    "n_iterations of logistic", f"enough for {len(target)} rows of {design.shape[1]} columns",
                    options.n_iterations, "raise it or raise l2",
                ) from error  # fmt: skip
    slopes = np.ravel(line.coef_)
    return {"slopes": slopes.tolist(), "intercept": float(np.ravel(line.intercept_)[0])}
