"""From whatever a table holds to the logit of label 1."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit as log_odds

from topoquant.lib.errors import bad_input
from topoquant.lib.validity import Calibrator, choose_calibrator, fit_calibrator

# A probability of 0 or 1 has no logit.
CLIP = 1e-9
# Keeps the order of rows whose score says nothing about the label.
FLAT = 1e-3


def logits_of(
    value: NDArray[np.float64], scale: str, chosen_on: pd.DataFrame, *, n_blocks: int, name: str
) -> tuple[NDArray[np.float64], dict[str, Any] | None]:
    """Give the logit of every row; a score is calibrated, a probability is left as it is.

    A probability that means something else than it says is a finding, not a thing to repair.

    Parameters
    ----------
    value : ndarray, shape (n,)
        As the table has it.
    scale : {"probability", "logit", "score"}
        What it holds.
    chosen_on : DataFrame
        Rows of the first half of val: `value`, `label`, `uniqueness`, `time`, `t1`.
    n_blocks : int
        Blocks of time over which the calibrator is chosen.
    name : str
        Of the table, for the refusal.

    Returns
    -------
    logit : ndarray, shape (n,)
        In the order of the values, which is never turned around.
    calibrator : dict or None
        Of a score: how it was scaled, the kind chosen and its losses.

    Raises
    ------
    InputError
        For a score that is the same in every row it would be calibrated on.

    Examples
    --------
    >>> empty = pd.DataFrame()
    >>> logits_of(np.array([0.5]), "probability", empty, n_blocks=2, name="a")
    (array([0.]), None)
    """
    if scale == "logit":
        return value, None
    if scale == "probability":
        return log_odds(np.clip(value, CLIP, 1 - CLIP)), None
    known = chosen_on["value"].to_numpy(np.float64)
    centre, width = float(known.mean()), float(known.std())
    if not known.max() > known.min():
        raise bad_input(
            f"score of {name}", "different from row to row", f"{centre:.4g} in all {len(known)} rows of val",
            "judge something that varies",
        )  # fmt: skip
    label, weight, scaled = chosen_on["label"], chosen_on["uniqueness"], (known - centre) / width
    losses = choose_calibrator(
        label, scaled, time=chosen_on["time"], t1=chosen_on["t1"], n_blocks=n_blocks, weight=weight
    ).losses
    # A score is no logit: leaving it as it is means nothing.
    kind = min((one for one in losses if one != "identity"), key=losses.__getitem__, default=None)
    fitted = None if kind is None else fit_calibrator(label, scaled, weight, kind=kind)  # type: ignore[arg-type]
    # Where every map would turn the order around, it says the rate of every row.
    rate = float(np.clip(np.average(label, weights=weight), CLIP, 1 - CLIP))
    calibrator = fitted or Calibrator("platt", slope=FLAT, intercept=float(log_odds(rate)))
    record = {"calibrator": calibrator.to_dict(), "losses": losses, "n_rows": len(known)}
    return calibrator.apply((value - centre) / width), {"centre": centre, "width": width, **record}
