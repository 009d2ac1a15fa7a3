"""How far the draws of one network are apart: what it does not know, beside how far members are apart."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from topoquant.lib.options import options
from topoquant.lib.training.exporting import load_fit
from topoquant.lib.training.features import MemberFeatures
from topoquant.lib.training.member import member_samples
from topoquant.lib.training.predicting import DrawOptions, predict

QUANTILES = {"low": 0.1, "median": 0.5, "high": 0.9}


@options
class WidthOptions:
    """Monte-Carlo dropout on some rows.

    Attributes
    ----------
    n_draws : int
        Predictions of every row.
    level : float
        Share of them that an interval spans.
    n_rows : int
        Rows of each set that are drawn, evenly over time: each costs `n_draws` predictions.
    """

    n_draws: Annotated[int, Field(ge=2)]
    level: Annotated[float, Field(gt=0, lt=1)]
    n_rows: Annotated[int, Field(ge=1)]


def draw_widths(
    member: str, files: Mapping[str, bytes], splits: pd.DataFrame, targets: pd.DataFrame,
    features: MemberFeatures, options: WidthOptions, *, interval: str, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """Measure the widths of a member's dropout intervals on val and test rows.

    Parameters
    ----------
    member : str
        Its name.
    files : mapping of str to bytes
        Of the final fit.
    splits, targets, features, interval
        As the member was trained on; targets are not looked at.
    options : WidthOptions
        Draws and rows.
    seed : int
        Of the draws.

    Returns
    -------
    dict
        member, n_draws, level, and `widths`: by set n and the 0.1, 0.5 and 0.9 quantiles low, median, high of
        the width of the interval of `p_label`. Widths depend on no target.

    Raises
    ------
    InputError
        As `predict`: for a model whose draws cannot differ.

    Examples
    --------
    >>> from topoquant.lib.models import Head, TCNOptions, build_model
    >>> from topoquant.lib.training import FitOptions, fit, model_files
    >>> keys = pd.DataFrame({"symbol": "SYN", "time": pd.date_range("2024", periods=60, freq="h", tz="UTC")})
    >>> keys["t1"] = keys["time"] + pd.Timedelta("1h")
    >>> splits = keys.assign(set=["train"] * 40 + ["val"] * 20, fold=0, kept=True)
    >>> targets = keys.assign(target_id="up1", label=np.tile([0.0, 1.0], 30), ret=0.0, uniqueness=1.0)
    >>> x = np.random.default_rng(0).normal(size=60)
    >>> features = MemberFeatures(sequence=keys[["symbol", "time"]].assign(x=x), window=4)
    >>> model = build_model(
    ...     "tcn", n_channels=1, window=4, n_static=0, heads=[Head(name="label", kind="binary")],
    ...     options=TCNOptions(n_filters=4, kernel=2, dilations=(1,), dropout=0.3),
    ... )
    >>> loop = FitOptions(
    ...     n_epochs=1, batch_size=32, learning_rate=0.01, weight_decay=0.0, patience=1,
    ...     validation_fraction=0.2, clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0,
    ...     device="cpu", precision="32-true", n_threads=1,
    ... )
    >>> samples, _ = member_samples(splits, targets, features, interval="1h")
    >>> files = model_files(fit(model, samples.of_set("train"), loop, seed=0))
    >>> asked = WidthOptions(n_draws=10, level=0.8, n_rows=5)
    >>> found = draw_widths("tcn", files, splits, targets, features, asked, interval="1h", seed=0)["widths"]
    >>> list(found), found["val"]["n"], 0 < found["val"]["low"] < found["val"]["high"] < 1
    (['val'], 5, True)
    """
    samples, _ = member_samples(splits, targets, features, interval=interval)
    fitted, part = load_fit(dict(files)), samples.rows["set"].to_numpy()
    draws = DrawOptions(n_draws=options.n_draws, level=options.level, seed=seed)
    widths: dict[str, dict[str, float | int]] = {}
    for name in ("val", "test"):
        rows = np.flatnonzero(part == name)
        if not len(rows):
            continue
        some = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), options.n_rows)).astype(int))]
        made = predict(fitted, samples.take(some), draws)
        width = (made["high_p_label"] - made["low_p_label"]).to_numpy()
        quantiles = {kind: float(np.quantile(width, q)) for kind, q in QUANTILES.items()}
        widths[name] = {"n": len(some), **quantiles}
    return {"member": member, "n_draws": options.n_draws, "level": options.level, "widths": widths}
