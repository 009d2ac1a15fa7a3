"""Scaling of channels and static features, fitted on the rows of one fit alone."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.samples import Samples

# The interquartile range of a standard normal: a robust scale then estimates a deviation.
NORMAL_IQR = 1.3489795003921634
BLOCK_ROWS = 8192
Method = Literal["robust", "standard"]


@dataclass(frozen=True)
class Preprocessing:
    """A fitted centre and scale per channel and static feature, and a clip.

    Attributes
    ----------
    sequence_centre, sequence_scale : tuple of float, length n_channels
        Empty without a sequence.
    static_centre, static_scale : tuple of float, length n_static
        Empty without static features.
    clip : float
        Scaled values are cut at +-clip.

    Examples
    --------
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> time = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[ns]")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time, targets={"label": [0, 1, 0]}, static=np.array([[1.0], [2.0], [3.0]])
    ... )
    >>> scaling = Preprocessing.fit(samples, method="standard", clip=5.0)
    >>> scaling.apply(samples).static.ravel().astype(float).round(3).tolist()
    [-1.225, 0.0, 1.225]
    """

    sequence_centre: tuple[float, ...]
    sequence_scale: tuple[float, ...]
    static_centre: tuple[float, ...]
    static_scale: tuple[float, ...]
    clip: float

    @classmethod
    def fit(cls, samples: Samples, *, method: Method, clip: float) -> Self:
        """Fit on the decision bars and static features of the given rows.

        Parameters
        ----------
        samples : Samples
            Train rows; of `sequence` only the bars at `end` are looked at.
        method : {"robust", "standard"}
            Median and interquartile range / 1.349, or mean and standard deviation. Where the
            range is 0 the deviation serves, and where that is 0 too, 1.
        clip : float
            Cut of the scaled values, positive.

        Returns
        -------
        Preprocessing

        Raises
        ------
        InputError
            When a value looked at is not finite.
        """
        empty: NDArray[np.float64] = np.empty((len(samples), 0))
        bars = empty if samples.sequence is None else samples.sequence[samples.end]
        static = empty if samples.static is None else samples.static
        sequence_centre, sequence_scale = _centre_and_scale(bars, samples.channel_names, method)
        static_centre, static_scale = _centre_and_scale(static, samples.static_names, method)
        return cls(sequence_centre, sequence_scale, static_centre, static_scale, clip)

    def apply(self, samples: Samples) -> Samples:
        """Return the same rows with scaled copies of `sequence` and `static`.

        Parameters
        ----------
        samples : Samples
            Any rows with the columns this was fitted on.

        Returns
        -------
        Samples
            float32 as before; NaN stays NaN.

        Raises
        ------
        InputError
            When the number of channels or static features differs.
        """
        for name, got, fitted in (
            ("channels", samples.n_channels, self.sequence_centre),
            ("static features", samples.n_static, self.static_centre),
        ):
            if got != len(fitted):
                raise bad_input(name, f"{len(fitted)}, as fitted", got, "feed the columns of the fit")
        return replace(
            samples,
            sequence=self._scaled(samples.sequence, self.sequence_centre, self.sequence_scale),
            static=self._scaled(samples.static, self.static_centre, self.static_scale),
        )

    def _scaled(
        self, values: NDArray[np.float32] | None, centre: tuple[float, ...], scale: tuple[float, ...]
    ) -> NDArray[np.float32] | None:
        """Scale and clip in double precision: a price level would cost a float32 its movement."""
        if values is None:
            return None
        result = np.empty(values.shape, np.float32)
        # In blocks: whole, the doubles would be twice as large as all bars.
        for start in range(0, len(values), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            scaled = (values[rows].astype(np.float64) - np.array(centre)) / np.array(scale)
            result[rows] = np.clip(scaled, -self.clip, self.clip, out=scaled)
        return result

    @property
    def first_channel(self) -> tuple[float, float]:
        """Return centre and scale of the first channel; 0 and 1 without a sequence."""
        return (self.sequence_centre[0], self.sequence_scale[0]) if self.sequence_centre else (0.0, 1.0)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers; JSON keeps every bit of them."""
        return {
            "sequence_centre": list(self.sequence_centre),
            "sequence_scale": list(self.sequence_scale),
            "static_centre": list(self.static_centre),
            "static_scale": list(self.static_scale),
            "clip": self.clip,
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Return what `to_dict` was called on."""
        columns = {name: tuple(values) for name, values in content.items() if name != "clip"}
        return cls(**columns, clip=content["clip"])


def _centre_and_scale(
    values: NDArray[Any], names: tuple[str, ...], method: Method
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return centre and scale per column of (n, columns)."""
    x = values.astype(np.float64)
    if x.shape[1] == 0:
        return (), ()
    bad = np.flatnonzero(~np.isfinite(x).all(axis=0))
    if bad.size:
        column = names[bad[0]] if names else str(bad[0])
        raise bad_input(
            f"feature {column}", "finite in every train row",
            f"{int((~np.isfinite(x[:, bad[0]])).sum())} values that are not",
            "drop its warm-up rows or the feature",
        )  # fmt: skip
    deviation = x.std(axis=0)
    # A constant column in float arithmetic deviates by rounding alone.
    deviation[np.ptp(x, axis=0) == 0] = 1.0
    if method == "standard":
        centre, scale = x.mean(axis=0), deviation
    else:
        lower, centre, upper = np.quantile(x, [0.25, 0.5, 0.75], axis=0)
        spread = (upper - lower) / NORMAL_IQR
        scale = np.where(spread > 0, spread, deviation)
    return tuple(centre.tolist()), tuple(scale.tolist())
