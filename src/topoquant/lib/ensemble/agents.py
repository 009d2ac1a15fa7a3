"""Agents: members with a regime of their own, and one that says how much a word is worth."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from scipy.special import logit as log_odds

from topoquant.lib.ensemble.agent_options import AgentOptions
from topoquant.lib.ensemble.joining import ROW, join_predictions, member_values
from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import KEY, check_unique, fold_rows

FINAL = -1  # the fold number of val and test rows
SIZE = "value_max_pct"


@dataclass(frozen=True)
class AgentScales:
    """What is fitted on the train rows of one fit.

    Attributes
    ----------
    base : dict of str to float
        Per agent the logit of its mean probability: what it says when it says nothing.
    quiet : float
        Predicted move below which nobody is heard; -inf without a sizer.
    median : float
        Predicted move that has size 1; 1 without a sizer.
    """

    base: dict[str, float]
    quiet: float
    median: float


def combine_agents(
    tables: Mapping[str, pd.DataFrame], regimes: pd.DataFrame, options: AgentOptions, *, embargo: pd.Timedelta
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Let in every row those agents speak that its regime gives the word to.

    A row's logit is base + size * mean(logit - base) over the agents heard, `base` being each agent's mean on
    the train rows of the fit, and base alone where nobody is heard. Scales of train rows come from the other
    folds, purged and embargoed.

    Parameters
    ----------
    tables : mapping of agent to DataFrame
        By the contract of predictions; that of the sizer with `value_max_pct`.
    regimes : DataFrame
        `symbol`, `time`, `fold` and `regime`, known at `time`; a row takes the one of its own fold.
    options : AgentOptions
        Who speaks when.
    embargo : Timedelta
        As in the agents' folds.

    Returns
    -------
    predictions : DataFrame
        By the contract of predictions, of the rows that all agents share; `value_max_pct` is the sizer's.
        A row depends on its own predictions and regime, and on train rows' predictions; on no label.
    record : dict
        As other members' records of training: member, model, n_train_rows, dropped, and `heard`: per set
        and regime the rows, the agents, and how many rows were quiet.

    Raises
    ------
    InputError
        If an agent has no table, the sizer predicts no size, or as `join_predictions`; for a regime that
        the table does not know; if regimes repeat a key.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time, "target_id": "up", "model_hash": "a",
    ...                      "set": ["train", "train", "test", "test"], "fold": [0, 1, -1, -1]})
    >>> said = {"trend": [0.0, 0.0, 2.0, 2.0], "reversion": [0.0, 0.0, -1.0, -1.0]}
    >>> tables = {name: rows.assign(logit_label=z, p_label=expit(z)) for name, z in said.items()}
    >>> regimes = rows[["symbol", "time", "fold"]].assign(regime=["trend", "trend", "trend", "range"])
    >>> speaks = {"trend": ("trend",), "range": ("reversion",), "panic": (), "default": ()}
    >>> options = AgentOptions(speaks=speaks, sizer=None, quiet=0.0, largest=2.0)
    >>> combine_agents(tables, regimes, options, embargo=pd.Timedelta(0))[0]["logit_label"].tolist()
    [0.0, 0.0, 2.0, -1.0]
    """
    names = [*options.speakers, *([options.sizer] if options.sizer else [])]
    joined = join_predictions(_used(tables, names))
    spoken = _regimes_of(joined, regimes, options)
    logits = member_values(joined, options.speakers, "logit_label")
    sizes = _predicted_sizes(joined, options)
    heard = _heard(spoken, options)
    logit = np.full(len(joined), np.nan)
    is_quiet = np.zeros(len(joined), bool)
    hashes = np.full(len(joined), "", object)
    for number, train, applied in _fits(joined, embargo):
        scales = _scales(logits[train], sizes[train], options)
        size = _size(sizes[applied], scales, options)
        logit[applied] = _spoken_logit(logits[applied], heard[applied], size, scales)
        is_quiet[applied] = size == 0
        hashes[applied] = _hash(joined.iloc[applied], names, options, scales, number)
    predictions = joined[ROW].assign(p_label=expit(logit), logit_label=logit)
    if options.sizer:
        predictions[SIZE] = sizes
    predictions["model_hash"] = hashes.astype(str)
    return predictions, _record(predictions, spoken, is_quiet, options)


def _used(tables: Mapping[str, pd.DataFrame], names: list[str]) -> dict[str, pd.DataFrame]:
    """Take the tables of the agents, refusing those that are not there."""
    missing = [name for name in dict.fromkeys(names) if name not in tables]
    if missing:
        raise bad_input(
            "agents", f"out of {', '.join(tables)}", ", ".join(missing), "correct the table of who speaks"
        )
    return {name: tables[name] for name in names}


def _regimes_of(joined: pd.DataFrame, regimes: pd.DataFrame, options: AgentOptions) -> NDArray[np.str_]:
    """Look up the regime of each row in the fit that left its fold out; "default" where there is none."""
    key = [*KEY, "fold"]
    check_unique(regimes, name="regimes", key=key)
    found = joined[key].merge(regimes[[*key, "regime"]], on=key, how="left")["regime"]
    spoken = found.astype(object).fillna("default").to_numpy(str)
    unknown = sorted(set(spoken) - set(options.speaks))
    if unknown:
        raise bad_input(
            "regime", f"out of {', '.join(options.speaks)}", ", ".join(unknown), "add it to the table"
        )
    return spoken


def _predicted_sizes(joined: pd.DataFrame, options: AgentOptions) -> NDArray[np.float64]:
    """Take the sizer's predicted moves; 1 for all without a sizer."""
    if options.sizer is None:
        return np.ones(len(joined))
    sizes = member_values(joined, [options.sizer], SIZE)[:, 0]
    if np.isnan(sizes).any():
        raise bad_input(
            f"predictions of {options.sizer}", f"with {SIZE} in every row",
            f"{int(np.isnan(sizes).sum())} rows without", "train it on a target that has max_pct",
        )  # fmt: skip
    return sizes


def _heard(spoken: NDArray[np.str_], options: AgentOptions) -> NDArray[np.bool_]:
    """Mark which agent is heard in which row, (n, n_speakers)."""
    table = {regime: [name in names for name in options.speakers] for regime, names in options.speaks.items()}
    return np.array([table[regime] for regime in spoken], bool).reshape(len(spoken), -1)


def _fits(
    joined: pd.DataFrame, embargo: pd.Timedelta
) -> list[tuple[int, NDArray[np.intp], NDArray[np.intp]]]:
    """Give per fit its number, the rows it is fitted on and those it speaks of."""
    fold, is_train = joined["fold"].to_numpy(), (joined["set"] == "train").to_numpy()
    fits = [(int(fold[held[0]]), train, held) for train, held in fold_rows(joined, embargo=embargo)]
    return [*fits, (FINAL, np.flatnonzero(is_train), np.flatnonzero(~is_train))]


def _scales(logits: NDArray[np.float64], sizes: NDArray[np.float64], options: AgentOptions) -> AgentScales:
    """Fit what saying nothing means, and what a large move is."""
    base = log_odds(expit(logits).mean(axis=0))
    named = dict(zip(options.speakers, map(float, base), strict=True))
    if options.sizer is None:
        return AgentScales(named, -np.inf, 1.0)
    # A sizer that expects no move anywhere makes every size 1 rather than a division by 0.
    median = float(np.median(sizes)) or 1.0
    return AgentScales(named, float(np.quantile(sizes, options.quiet)), median)


def _size(sizes: NDArray[np.float64], scales: AgentScales, options: AgentOptions) -> NDArray[np.float64]:
    """Turn predicted moves into sizes: 0 below the quiet level, else in medians, at most the largest."""
    return np.where(sizes < scales.quiet, 0.0, np.minimum(sizes / scales.median, options.largest))


def _spoken_logit(
    logits: NDArray[np.float64], heard: NDArray[np.bool_], size: NDArray[np.float64], scales: AgentScales
) -> NDArray[np.float64]:
    """Add to the base what the agents heard say beyond theirs."""
    base = np.array(list(scales.base.values()))
    n_heard = heard.sum(axis=1)
    beyond = np.where(heard, logits - base, 0.0).sum(axis=1) / np.maximum(n_heard, 1)
    return np.asarray(base.mean() + size * beyond, np.float64)


def _hash(
    rows: pd.DataFrame, names: list[str], options: AgentOptions, scales: AgentScales, number: int
) -> str:
    """Fingerprint of the agents' fits, the table and the scales."""
    made_of = {name: sorted(rows[f"model_hash.{name}"].unique()) for name in names}
    text = json.dumps([made_of, asdict(options), asdict(scales), number], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _record(
    predictions: pd.DataFrame, spoken: NDArray[np.str_], is_quiet: NDArray[np.bool_], options: AgentOptions
) -> dict[str, Any]:
    """Say who was heard how often."""
    part = predictions["set"].to_numpy()
    heard = [
        {
            "set": name, "regime": regime, "agents": list(agents),
            "n": int(chosen.sum()), "n_quiet": int((chosen & is_quiet).sum()),
        }
        for name in ("train", "val", "test")
        for regime, agents in options.speaks.items()
        if (chosen := (part == name) & (spoken == regime)).any()
    ]  # fmt: skip
    return {
        "member": "agents", "model": "agents", "n_parameters": None, "fit_seconds": 0.0,
        "n_train_rows": int((part == "train").sum()), "history": [], "dropped": {}, "heard": heard,
    }  # fmt: skip
