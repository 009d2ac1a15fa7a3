"""Weights that follow what members were worth lately, by targets that are known by then."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.ensemble.adaptation_kernel import discounted_sums
from topoquant.lib.ensemble.joining import join_predictions, member_values
from topoquant.lib.ensemble.options import AdaptationOptions
from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import key_positions
from topoquant.lib.sampling.overlap import instants

LOSS = "loss."


def outcomes_of(targets: pd.DataFrame) -> pd.DataFrame:
    """Write targets down as what was published when: a row counts from `available_at` on, its t1.

    Parameters
    ----------
    targets : DataFrame
        `symbol`, `time`, `t1`, `target_id`, `label`, made from bars alone.

    Returns
    -------
    DataFrame
        `symbol`, `time`, `available_at`, `target_id`, `label` (NaN where the target has none, as values of
        returns). Cut the bars off, and the rows whose
        `available_at` is left stay as they are.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> targets = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("4h"),
    ...                         "target_id": "up-4", "label": [0.0, 1.0], "uniqueness": 1.0})
    >>> outcomes_of(targets)["available_at"].dt.hour.tolist()
    [4, 5]
    """
    renamed = targets.rename(columns={"t1": "available_at"})
    if "label" not in renamed:
        renamed["label"] = np.nan
    return renamed[["symbol", "time", "available_at", "target_id", "label"]].reset_index(drop=True)


def resolved_losses(tables: Mapping[str, pd.DataFrame], outcomes: pd.DataFrame) -> pd.DataFrame:
    """Say of every prediction that has an outcome what it cost each member, and from when on that is known.

    Parameters
    ----------
    tables : mapping of member to DataFrame
        Predictions, as of `join_predictions`.
    outcomes : DataFrame
        Of `outcomes_of`, of any sets; rows without a prediction are left out.

    Returns
    -------
    DataFrame
        `symbol`, `time`, `available_at`, and `loss.<member>`, log-loss in nats. Sorted by key. A loss
        counts from the t1 of its prediction on, even where a barrier was touched before: a row has a
        label only where its whole horizon fits.

    Raises
    ------
    InputError
        As `join_predictions`; if an outcome is of another target, is neither 0 nor 1, or is known at
        the time of its own prediction or after its t1.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> keys = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("1h"),
    ...                      "target_id": "up-1"})
    >>> table = keys.assign(set="val", fold=-1, p_label=0.5, logit_label=0.0, model_hash="a")
    >>> outcomes = outcomes_of(keys.assign(label=[0.0, 1.0]))
    >>> resolved_losses({"lstm": table}, outcomes)["loss.lstm"].round(4).tolist()
    [0.6931, 0.6931]
    """
    joined = join_predictions(tables)
    own, other = str(joined["target_id"].iloc[0]), sorted(outcomes["target_id"].astype(str).unique())
    if other and other != [own]:
        raise bad_input(
            "target_id of the outcomes", f"{own}, as the members have", ", ".join(other), "label again"
        )
    position = key_positions(outcomes, joined, name="outcomes")
    joined, known = joined[position >= 0].reset_index(drop=True), outcomes.iloc[position[position >= 0]]
    at, time, t1 = (instants(one) for one in (known["available_at"], joined["time"], joined["t1"]))
    n_moved = int(((at <= time) | (at > t1)).sum())
    label = known["label"].to_numpy(np.float64)
    if n_moved or not np.isin(label, (0.0, 1.0)).all():
        raise bad_input(
            "outcomes", "0 or 1, known after the time and by the t1 of their predictions",
            f"{n_moved} known at another instant, labels {np.unique(label).tolist()[:4]}", "label again",
        )  # fmt: skip
    logits = member_values(joined, list(tables), "logit_label")
    losses = np.logaddexp(0.0, logits) - label[:, None] * logits
    made = joined[["symbol", "time"]].assign(available_at=joined["t1"].array)
    return made.assign(**dict(zip((f"{LOSS}{name}" for name in tables), losses.T, strict=True)))


def adapt_weights(
    rows: pd.DataFrame, resolved: pd.DataFrame, options: AdaptationOptions,
    *, members: Sequence[str], prior: ArrayLike | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """Weigh members by their discounted loss over the newest predictions that are resolved by then.

    The exponentially weighted forecaster with forgetting. Nothing is fitted.

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        `symbol`, `time`, in any order.
    resolved : DataFrame
        Of `resolved_losses`, in any order, of all symbols.
    options : AdaptationOptions
        Window, half-life, rate.
    members : sequence of str
        Columns of the result.
    prior : array-like, shape (n_members,), optional
        Weights before anything is known, non-negative, not all 0; equal when not given. A member that
        starts at 0 stays there.

    Returns
    -------
    ndarray of float64, shape (n, n_members)
        Rows sum to 1. A row depends on losses of its own symbol with `available_at` <= its time, in the
        order in which they became known, and on nothing else: bars after `time` change nothing.

    Raises
    ------
    InputError
        If a member has no losses, a loss is not finite, or the prior is negative or all 0.

    References
    ----------
    Cesa-Bianchi and Lugosi (2006), "Prediction, Learning, and Games", ch. 2; Raftery, Karny and Ettler
    (2010), "Online prediction under model uncertainty via dynamic model averaging" (forgetting).

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> resolved = pd.DataFrame({"symbol": "SYN", "time": time, "available_at": time + pd.Timedelta("1h"),
    ...                          "loss.a": [0.0, 0.0, 9.0], "loss.b": [np.log(3), 0.0, 0.0]})
    >>> options = AdaptationOptions(window=50, half_life=1000000, rate=1.0)
    >>> adapt_weights(resolved[["symbol", "time"]], resolved, options, members=["a", "b"]).round(3).tolist()
    [[0.5, 0.5], [0.75, 0.25], [0.75, 0.25]]
    """
    start = np.ones(len(members)) if prior is None else np.asarray(prior, np.float64)
    if start.shape != (len(members),) or not (start >= 0).all() or not start.any():
        raise bad_input(
            "prior weights", f"{len(members)} non-negative numbers, not all 0", start.tolist(),
            "give every member a share to start from",
        )  # fmt: skip
    losses = _loss_matrix(resolved, members)
    decay = 0.5 ** (1 / options.half_life)
    time, known = instants(rows["time"]), instants(resolved["available_at"])
    order = np.lexsort((instants(resolved["time"]), known))
    with np.errstate(divide="ignore"):
        score = np.tile(np.log(start), (len(rows), 1))
    symbols, of_event = rows["symbol"].to_numpy(), resolved["symbol"].to_numpy()[order]
    for symbol in pd.unique(symbols):
        here, events = np.flatnonzero(symbols == symbol), order[of_event == symbol]
        n_known = np.searchsorted(known[events], time[here], side="right")
        sums = discounted_sums(losses[events], n_known, options.window, decay)
        score[here] -= options.rate * sums
    weights = np.exp(score - score.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def plain_discounted_sums(
    losses: NDArray[np.float64], n_known: NDArray[np.int64], window: int, decay: float
) -> NDArray[np.float64]:
    """Say what the kernel computes, one row after the other.

    Parameters
    ----------
    losses : ndarray, shape (n_events, n_members)
        In the order in which they became known.
    n_known : ndarray of int, shape (n,)
        How many of them a row may use.
    window : int
        Newest that count.
    decay : float
        Factor per step back.

    Returns
    -------
    ndarray of float64, shape (n, n_members)
        0 where nothing is known.

    Examples
    --------
    >>> plain_discounted_sums(np.array([[1.0], [2.0], [4.0]]), np.array([0, 3]), 2, 0.5).tolist()
    [[0.0], [5.0]]
    """
    sums = []
    for n in n_known:
        newest = losses[max(n - window, 0) : n][::-1]
        sums.append((newest * decay ** np.arange(len(newest))[:, None]).sum(axis=0))
    return np.reshape(sums, (len(n_known), losses.shape[1]))


def _loss_matrix(resolved: pd.DataFrame, members: Sequence[str]) -> NDArray[np.float64]:
    """Take the losses of the members, refusing what cannot be summed."""
    missing = [name for name in members if f"{LOSS}{name}" not in resolved]
    if missing:
        raise bad_input(
            "losses of members", "given for each", f"none of {', '.join(missing)}",
            "make them with resolved_losses of the same members",
        )  # fmt: skip
    losses = resolved[[f"{LOSS}{name}" for name in members]].to_numpy(np.float64)
    if not np.isfinite(losses).all():
        raise bad_input(
            "losses", "finite", f"{int((~np.isfinite(losses)).sum())} that are not", "check the predictions"
        )
    return losses
