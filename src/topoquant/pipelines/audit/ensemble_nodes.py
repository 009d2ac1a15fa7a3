"""The ensemble: whether it joins by key, and whether its weights know only what is resolved."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.bars import MarketOptions, interval_timedelta
from topoquant.lib.ensemble import EnsembleOptions, adapt_weights, ensemble, outcomes_of, resolved_losses
from topoquant.lib.labeling import LogReturnOptions, TargetOptions, label_rows
from topoquant.lib.regimes import asked_regimes
from topoquant.lib.sampling import KEY, SplitOptions, embargo_bars
from topoquant.lib.validity import AuditOptions, check_key_alignment, check_prefix_invariance, row_cuts
from topoquant.progress import show

Findings = list[dict[str, Any]]
Tables = Mapping[str, pd.DataFrame]


def alignment_node(members: tuple[str, ...], blind: tuple[str, ...]) -> Callable[..., Findings]:
    """Return the node function for a recipe's members."""

    def check_alignment(
        development_targets: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        split: SplitOptions,
        options: EnsembleOptions,
        seed: int,
        **tables: pd.DataFrame,
    ) -> Findings:
        """Join shuffled and thinned tables: every candidate must give every key what it gave before."""
        embargo = embargo_bars(split, horizon=label.horizon) * interval_timedelta(market.interval)
        outcomes = tables.pop("outcomes", None)
        own = {name: tables[name] for name in members}
        # A prediction that is gone is not resolved either: what has been resolved is shuffled by itself.
        resolved = None if outcomes is None else resolved_losses(own, outcomes)
        if "regimes" in tables:
            asked = asked_regimes(tables[members[0]], tables["regimes"])
            tables["regimes"] = asked.assign(set="every")

        def combine(some: Tables) -> pd.DataFrame:
            made = ensemble(
                {name: some[name] for name in (*members, *blind)},
                development_targets,
                options,
                members=members,
                blind_members=blind,
                embargo=embargo,
                regimes=some.get("regimes"),
                resolved=resolved,
            )
            return made.candidates.merge(made.predictions[[*KEY, "logit_label", "spread"]], on=KEY)

        checks = [check_key_alignment(combine, tables, seed=seed)]
        if outcomes is not None:
            known = {**own, "outcomes": outcomes.assign(set="test")}
            checks.append(check_key_alignment(_losses, known, seed=seed, name="key alignment, outcomes"))
        return [check.to_dict() for check in checks]

    return check_alignment


def adaptation_node(members: tuple[str, ...]) -> Callable[..., Findings]:
    """Return the node function for a recipe's members."""

    def check_adaptation(
        bars: pd.DataFrame,
        splits: pd.DataFrame,
        target: dict[str, Any],
        market: MarketOptions,
        label: TargetOptions,
        options: EnsembleOptions,
        audit: AuditOptions,
        **tables: pd.DataFrame,
    ) -> Findings:
        """Weigh the members again on bars that end at a cut: outcomes after it must have no part."""
        if options.adaptation is None or isinstance(label, LogReturnOptions):
            return []
        rows = tables[members[0]][[*KEY, "set"]]
        sets = ("train", "val", "test")

        def weigh(some: pd.DataFrame) -> pd.DataFrame:
            known = label_rows(some, splits, target, label, interval=market.interval, sets=sets)
            resolved = resolved_losses(tables, outcomes_of(known))
            end = some["open_time"].max() + interval_timedelta(market.interval)
            here = rows.loc[rows["time"] <= end, KEY]
            weights = adapt_weights(here, resolved, options.adaptation, members=members)
            return here.assign(**dict(zip(members, np.transpose(weights), strict=True)))

        times = rows.loc[rows["set"] != "train", "time"]
        cuts = row_cuts(bars, times, audit.n_cuts, interval=market.interval)
        check = check_prefix_invariance(
            weigh, bars, cuts, interval=market.interval, rtol=0.0, name="adaptation", progress=show("audit")
        )
        return [replace(check, section="ensemble").to_dict()]

    return check_adaptation


def _losses(some: Tables) -> pd.DataFrame:
    """Say what every resolved prediction cost."""
    return resolved_losses({name: some[name] for name in some if name != "outcomes"}, some["outcomes"])
