"""Which columns a fit reads: chosen on its own train rows, stored with the model as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.models import Head
from topoquant.lib.sampling import Samples
from topoquant.lib.training.fractional_order import choose_orders
from topoquant.lib.training.information import mutual_information
from topoquant.lib.training.options import SelectionOptions

ROLES = ("channel", "static")


@dataclass(frozen=True)
class Selection:
    """The columns of a fit, in the order of the samples it was fitted on.

    Attributes
    ----------
    channel_names, static_names : tuple of str
        Kept columns of `sequence` and `static`.
    channel_information, static_information : tuple of float
        Their mutual information with the target, in nats; empty where nothing was ranked.
    orders : dict of str to float
        The order of fractional differencing chosen for each differenced series.

    Examples
    --------
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> rng = np.random.default_rng(0)
    >>> x, time = rng.normal(size=(300, 3)), np.arange(300).astype("datetime64[D]")
    >>> samples = samples_from_arrays(time=time, t1=time, targets={"label": x[:, 1] > 0}, static=x)
    >>> options = SelectionOptions(n_features=1, n_neighbors=3, max_rows=300, adf_lags=1, adf_level=0.05)
    >>> selection = Selection.fit(samples, [Head(name="label", kind="binary")], options, seed=0)
    >>> selection.static_names
    ('s1',)
    >>> selection.apply(samples).static.shape
    (300, 1)
    """

    channel_names: tuple[str, ...]
    static_names: tuple[str, ...]
    channel_information: tuple[float, ...]
    static_information: tuple[float, ...]
    orders: dict[str, float]

    @classmethod
    def fit(
        cls, samples: Samples, heads: Sequence[Head], options: SelectionOptions, *, seed: int
    ) -> Self | None:
        """Choose columns on the rows of a fit.

        Per differenced series the smallest order that is stationary stays, then the `n_features`
        columns of each role with the most mutual information. Channels and static features are
        ranked apart: a model reads them by different routes.

        Parameters
        ----------
        samples : Samples
            Train rows. Of `sequence` only the bars at `end` are looked at.
        heads : sequence of Head
            What is predicted.
        options : SelectionOptions
            How many columns, and how they are ranked.
        seed : int
            Of everything drawn. Same seed, same bits.

        Returns
        -------
        Selection or None
            None when every column stays: nothing was fitted.

        Raises
        ------
        InputError
            As `mutual_information` and `choose_orders`.
        """
        kept: dict[str, tuple[str, ...]] = {}
        information: dict[str, tuple[float, ...]] = {}
        orders: dict[str, float] = {}
        for role, (names, values) in zip(ROLES, _columns(samples), strict=True):
            chosen, dropped = choose_orders(names, values, samples.rows, options)
            orders |= chosen
            left = np.array([place for place, name in enumerate(names) if name not in dropped], np.int64)
            order, scores = _rank(values, left, samples, heads, options, seed)
            kept[role] = tuple(names[place] for place in order)
            information[role] = scores
        if kept == {"channel": samples.channel_names, "static": samples.static_names}:
            return None
        return cls(kept["channel"], kept["static"], information["channel"], information["static"], orders)

    def apply(self, samples: Samples) -> Samples:
        """Return the same rows with the kept columns alone.

        Parameters
        ----------
        samples : Samples
            Any rows that have these columns.

        Returns
        -------
        Samples
            A role that loses no column is shared, not copied.

        Raises
        ------
        InputError
            When a column is missing.
        """
        channels = _positions(samples.channel_names, self.channel_names)
        static = _positions(samples.static_names, self.static_names)
        return replace(
            samples,
            sequence=_taken(samples.sequence, channels),
            static=_taken(samples.static, static),
            channel_names=self.channel_names,
            static_names=self.static_names,
            static_groups=_groups_left(samples.static_groups, static),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers; JSON keeps every bit of them."""
        return {name: value if name == "orders" else list(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Self:
        """Return what `to_dict` was called on."""
        columns: dict[str, Any] = {name: tuple(value) for name, value in content.items() if name != "orders"}
        return cls(**columns, orders=dict(content["orders"]))


def _columns(samples: Samples) -> tuple[tuple[tuple[str, ...], NDArray[Any]], ...]:
    """Return names and values (n, n_columns) at the decision bar, per role."""
    empty: NDArray[np.float32] = np.empty((len(samples), 0), np.float32)
    channels = empty if samples.sequence is None else samples.sequence[samples.end]
    static = empty if samples.static is None else samples.static
    return (samples.channel_names, channels), (samples.static_names, static)


def _rank(
    values: NDArray[Any],
    left: NDArray[np.int64],
    samples: Samples,
    heads: Sequence[Head],
    options: SelectionOptions,
    seed: int,
) -> tuple[list[int], tuple[float, ...]]:
    """Return the columns that stay, in their order, and what they say of the target."""
    if options.n_features is None or len(left) <= options.n_features:
        return left.tolist(), ()
    scores = mutual_information(
        values[:, left], samples, heads,
        n_neighbors=options.n_neighbors, max_rows=options.max_rows, seed=seed,
    )  # fmt: skip
    # Stable: of equals the first stays.
    best = np.sort(np.argsort(-scores, kind="stable")[: options.n_features])
    return left[best].tolist(), tuple(scores[best].tolist())


def _positions(names: tuple[str, ...], kept: tuple[str, ...]) -> NDArray[np.int64]:
    """Return where the kept columns are."""
    place = {name: number for number, name in enumerate(names)}
    if missing := [name for name in kept if name not in place]:
        raise bad_input("columns", "those of the fit", f"none named {missing}", "feed the same columns")
    return np.array([place[name] for name in kept], dtype=np.int64)


def _groups_left(
    groups: tuple[tuple[str, int], ...], positions: NDArray[np.int64]
) -> tuple[tuple[str, int], ...]:
    """Return the families of the columns that stay; one that loses all of them stays with 0."""
    ends = np.cumsum([n for _, n in groups])
    left = (
        np.bincount(np.searchsorted(ends, positions, side="right"), minlength=len(groups)) if groups else ()
    )
    return tuple((name, int(n)) for (name, _), n in zip(groups, left, strict=True))


def _taken(values: NDArray[np.float32] | None, positions: NDArray[np.int64]) -> NDArray[np.float32] | None:
    """Return some columns, C-contiguous; the array itself when it loses none."""
    if values is None or np.array_equal(positions, np.arange(values.shape[1])):
        return values
    return np.ascontiguousarray(values[:, positions])
