"""What the attention of a fitted network looks at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from topoquant.lib.training.predicting import predict

if TYPE_CHECKING:
    from torch import Tensor, nn

    from topoquant.lib.sampling import Samples
    from topoquant.lib.training.fitting import Fit

MOST_ROWS, MOST_TOKENS, DIGITS = 256, 64, 5
Maps = dict[str, "Tensor"]


def attention_maps(fit: Fit, samples: Samples) -> list[dict[str, Any]]:
    """Average the attention weights of every layer over val rows and heads.

    Parameters
    ----------
    fit : Fit
        Fitted; it is not changed.
    samples : Samples
        With rows of the set "val": at most 256 of them, evenly spaced, are predicted once more.

    Returns
    -------
    list of dict
        Per layer that attends: layer (its name in the network), n_tokens, n_rows and weights, a list of rows
        that each add up to 1: entry j of row i is how much token i looks at token j. A layer of which only
        the last token looks has one row. More than 64 tokens are put together into 64 groups, whose weights
        add up. Empty for a model without attention, and without val rows.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> attention_maps(SimpleNamespace(preprocessing=None), None)
    []
    """
    if fit.preprocessing is None:
        return []
    from topoquant.lib.models.attention import SelfAttention  # noqa: PLC0415  (imports torch)

    model: nn.Module = fit.model
    layers = {name: one for name, one in model.named_modules() if isinstance(one, SelfAttention)}
    val = np.flatnonzero(samples.rows["set"] == "val")
    if not layers or not len(val):
        return []
    chosen = samples.take(val[np.linspace(0, len(val) - 1, min(len(val), MOST_ROWS)).astype(np.int64)])
    sums: Maps = {}
    whole: set[str] = set()
    hooks = []
    for name, layer in layers.items():
        hooks.append(layer.register_forward_pre_hook(partial(_note, whole, name)))
        hooks.append(layer.to_qkv.register_forward_hook(partial(_add, sums, name, layer)))
    try:
        predict(fit, chosen)
    finally:
        for hook in hooks:
            hook.remove()
    return [
        _record(name, sums[name].cpu().numpy() / len(chosen), name in whole, len(chosen)) for name in sums
    ]


def _note(whole: set[str], name: str, *_: object) -> None:
    """Note that every token of a layer looks: `last` is no call of the layer."""
    whole.add(name)


def _add(sums: Maps, name: str, layer: Any, _module: object, _inputs: object, qkv_BTD: Tensor) -> None:  # noqa: ANN401
    """Add up a batch's weights from what the layer projects."""
    import torch  # noqa: PLC0415

    query, key, _ = (
        part.unflatten(2, (layer.n_heads, -1)).transpose(1, 2).float() for part in qkv_BTD.chunk(3, dim=2)
    )
    scores = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5
    if layer.causal:
        later = torch.ones_like(scores[0, 0], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
    total = scores.softmax(dim=3).mean(dim=1).sum(dim=0).double()
    sums[name] = sums[name] + total if name in sums else total


def _record(name: str, weights: np.ndarray, is_whole: bool, n_rows: int) -> dict[str, Any]:
    """Put one layer's mean weights into plain numbers."""
    n_tokens = len(weights)
    shown = weights if is_whole else weights[-1:]
    if n_tokens > MOST_TOKENS:
        edges = np.linspace(0, n_tokens, MOST_TOKENS + 1).astype(np.int64)[:-1]
        shown = np.add.reduceat(shown, edges, axis=1)
        if is_whole:
            sizes = np.diff(np.append(edges, n_tokens))[:, None]
            shown = np.add.reduceat(shown, edges, axis=0) / sizes
    return {"layer": name, "n_tokens": n_tokens, "n_rows": n_rows, "weights": shown.round(DIGITS).tolist()}
