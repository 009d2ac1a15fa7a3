"""Made-up records and frames of one run, as the datasets would hold them."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.reporting import (
    FrontPage,
    SummaryFacts,
    backtest_section,
    calibration_section,
    checks_section,
    data_section,
    ensemble_section,
    labels_section,
    models_section,
    operating_point_section,
    provenance_section,
    splits_section,
    training_section,
)

START = pd.Timestamp("2024-01-01", tz="UTC")
BAR = pd.Timedelta("15min")


def score(name, role, **numbers):
    return {"name": name, "role": role, "note": "", "n": 2902, **numbers}


def model_scores():
    naive = score("volatility", "naive", auc=0.512, auc_low=0.48, auc_high=0.54, timing_t=0.1, ece=0.011)
    nbeats = score("nbeats", "member", auc=0.622, auc_low=0.59, auc_high=0.65, timing_t=2.6, ece=0.021)
    lstm = score("lstm", "member", auc=0.601, auc_low=0.57, auc_high=0.63, timing_t=2.2, ece=0.026)
    stack = score("ensemble", "ensemble", auc=0.648, auc_low=0.62, auc_high=0.67, timing_t=3.8, ece=0.015)
    linear = score("logistic", "baseline", auc=0.598, auc_low=0.57, auc_high=0.63, timing_t=2.0, ece=0.018)
    permuted = score("permuted", "permuted", auc=0.503, auc_low=0.46, auc_high=0.55)
    naive |= {
        "note": "sign-blind lightgbm",
        "oof_auc": 0.508,
        "fit_seconds": 1.2,
        "gain": 0.0,
        "log_loss": 0.3341,
    }
    nbeats |= {"gain": 0.016, "gain_low": 0.009, "gain_high": 0.023, "oof_auc": 0.611, "fit_seconds": 44.0}
    lstm |= {"gain": 0.012, "gain_low": 0.004, "gain_high": 0.02, "oof_auc": 0.596, "fit_seconds": 108.0}
    linear |= {"gain": 0.011, "gain_low": 0.004, "gain_high": 0.018, "oof_auc": 0.59, "fit_seconds": 0.6}
    stack |= {"gain": 0.023, "gain_low": 0.016, "gain_high": 0.03, "oof_auc": 0.64, "fit_seconds": None}
    for row in (nbeats, lstm, linear, stack):
        row |= {"log_loss": 0.3341 - row["gain"], "cox_slope": 0.94, "logit_std": 0.61}
        row |= {"timing_mean": 4.1e-5, "timing_lower": 1.6e-5}
    return [naive, linear, nbeats, lstm, stack, permuted]


def checks():
    findings = [
        ("source", "ok", "20,000 bars, none missing", "data"),
        ("duplicate_bars", "ok", "no bar came twice", "data"),
        ("purge", "ok", "no train and test row overlap, 6.1 million pairs", "splits"),
        ("embargo", "ok", "24 rows keep their distance", "splits"),
        ("base_rate", "warning", "base rate train .109 -> val .098", "label"),
        ("uniqueness", "ok", "302 independent rows of the rarer class", "label"),
        ("prefix_invariance", "ok", "240 features at 32 bars equal their recomputation", "features"),
        ("test_blindness", "ok", "garbage in test rows leaves 9 artifacts unchanged", "checks"),
        ("permuted_labels", "ok", "AUC .503 on permuted labels", "models"),
        ("flatness", "ok", "std of the logit .61", "models"),
        ("out_of_fold", "ok", "out-of-fold and test AUC differ by .008", "members"),
        ("next_open", "ok", "every fill is at the next open", "backtest"),
    ]
    checks = [
        {"name": name, "status": status, "finding": finding, "numbers": {}, "section": section}
        for name, status, finding, section in findings
    ]
    checks[4]["numbers"] = {"rate_train": 0.109, "rate_val": 0.098, "p": 0.00031}
    return checks


def summary_facts():
    return SummaryFacts(
        run={
            "recipe": "trigger",
            "symbols": ["SYN"],
            "interval": "15m",
            "source": "synthetic",
            "seed": 7,
            "env": "local",
        },
        quality=quality(),
        label_summary=label_summary(),
        splits={
            "train_kept": 2713,
            "train_all": 13510,
            "val": 2880,
            "test": 2902,
            "purged": 42,
            "embargoed": 24,
        },
        dropped={"no_t1": 4, "warm_up": 336, "gap": 0},
        model_scores=model_scores(),
        verdict={
            "word": "edge",
            "headline": "edge (ensemble, timing t 3.8)",
            "tradeable": "no",
            "tradeable_headline": "no (DSR .74 < .95)",
            "reasons": ["The mean timing return is .000041, and its bound .000016 is above 0."],
            "would_change": [
                "A bound at or below 0 on new bars: it is .000016 now.",
                "Lower costs, a longer test period or fewer trials raise the deflated Sharpe ratio.",
            ],
            "numbers": {"member": "ensemble", "timing_t": 3.8},
        },
        checks=checks(),
        backtest=backtest(),
        sharpe=sharpe(),
        power={
            "injections": [{"auc": 0.61, "n_found": 15, "n": 16}, {"auc": 0.52, "n_found": 0, "n": 16}],
            "surrogates": {"n_edge": 0, "n": 40},
        },
        ceiling=0.657,
    )


def quality():
    return [
        {
            "symbol": "SYN",
            "interval": "15m",
            "source": "synthetic",
            "n_bars": 20000,
            "first": "2024-01-01T00:00:00+00:00",
            "last": "2024-07-27T07:45:00+00:00",
            "n_duplicates_dropped": 0,
            "n_gaps": 0,
            "n_missing_bars": 0,
            "longest_gap_bars": 0,
            "dropped_unfinished": 0,
            "n_zero_volume": 3,
            "gaps": [],
            "absent_columns": ["trades"],
            "notes": ["made up by a process whose law is known"],
        }
    ]


def label_summary():
    sets = ("train", "val", "test")
    rates = dict(zip(sets, (0.109, 0.098, 0.104), strict=True))
    n = dict(zip(sets, (13510, 2880, 2902), strict=True))
    effective = dict(zip(sets, (3512, 749, 755), strict=True))
    classes = {
        name: {
            value: {"n": round(n[name] * share), "effective_n": effective[name] * share}
            for value, share in (("0", 1 - rates[name]), ("1", rates[name]))
        }
        for name in sets
    }
    drift = [
        {"class": "1", "first": first, "second": second, "rate_first": rates[first]}
        | {"rate_second": rates[second], "difference": rates[second] - rates[first]}
        | {"ratio": rates[second] / rates[first], "z": z}
        for first, second, z in (("train", "val", -0.9), ("val", "test", 0.4), ("train", "test", -0.4))
    ]
    months = [
        ("2024-01", "train", 2975, 0.11),
        ("2024-02", "train", 2784, 0.1),
        ("2024-06", "val", 2880, 0.098),
    ]
    months.append(("2024-07", "test", 2902, 0.104))
    regimes = [("calm", "train", 0.03), ("calm", "val", 0.02), ("wild", "train", 0.21), ("wild", "val", 0.2)]
    returns = {"mean": 2e-5, "std": 0.0041, "median_abs": 0.0016, "positive": 0.503}
    question = {"question": "label 1", "expected": True, "auc": 0.76, "chance": 0.56, "reason": None}
    return {
        "text": "up-move >= .0041 in 4 bars",
        "kind": "binary",
        "rate_of": "label 1",
        "rate": rates,
        "n": n,
        "train_rows": {"kept": 2713, "all": 13510},
        "mean_uniqueness": dict.fromkeys(sets, 0.26),
        "effective_n": effective,
        "dropped": {"no_t1": 4, "gap": 0, "filtered": 0, "invalid": 0},
        "classes": classes,
        "drift": drift,
        "months": [dict(zip(("month", "set", "n", "rate"), row, strict=True)) for row in months],
        "regimes": [
            {"regime": name, "set": of_set, "n": 900, "rate": rate} for name, of_set, rate in regimes
        ],
        "regime_edges": [{"symbol": "SYN", "calm_to": 0.0031, "wild_from": 0.0042}],
        "symbols": [],
        "touched": None,
        "returns": {"ret": {name: {"n": n[name], **returns} for name in ("train", "val")}},
        "move": {
            "median_abs": 0.0016,
            "unmoved": 0.0,
            "median_range": 0.002,
            "horizon": 4,
            "threshold": 0.0041,
        },
        "filtered_volume_ratio": None,
        "volatility": [{**question, "n_train": 13505, "n": 2880}],
        "invalid": [],
        "warnings": [
            {"name": "imbalance", "text": "the rarer class is .04 of train rows", "severity": "warning"},
            {"name": "volatility_explains", "text": "AUC .76: expected", "severity": "note"},
        ],
    }


def target():
    return {
        "threshold": 0.0041,
        "fitted": True,
        "rate_wanted": 0.11,
        "rate_fitted": 0.109,
        "n_rows": 13510,
        "horizon": 4,
        "side": "up",
        "target_id": "trigger-4-up",
    }


def splits():
    n = 20000
    sets = np.array(
        ["train"] * 13510 + ["purged"] * 42 + ["val"] * 2880 + ["embargoed"] * 24 + ["test"] * 3544
    )
    fold = np.where(sets == "train", np.minimum(np.arange(n) // 2702, 4), -1)
    kept = (sets != "train") | (np.arange(n) % 5 == 0)
    time = pd.date_range(START + BAR, periods=n, freq=BAR)
    return pd.DataFrame({"symbol": "SYN", "time": time, "set": sets, "fold": fold, "kept": kept})


def equity():
    rng = np.random.default_rng(5)
    n = 2902
    noise = rng.normal(0, 0.0009, (2, n))
    paths = np.cumsum(noise, axis=1)
    bridges = paths - np.linspace(0, 1, n) * paths[:, -1:]
    ends = np.linspace(0, 1, n) * np.log([[1.042], [1.011]])
    net, hold = np.exp(bridges * [[0.6], [1.0]] + ends)
    time = pd.date_range("2024-06-27", periods=n, freq=BAR, tz="UTC")
    step = np.arange(n)
    spread, drift = 0.0011 * np.sqrt(step), -0.000008 * step
    low, high = np.exp(drift - spread), np.exp(drift + spread)
    return pd.DataFrame({"time": time, "net": net, "hold": hold, "random_low": low, "random_high": high})


def backtest():
    rows = ((0.0, 0.081, 0.024, 2.6), (1.0, 0.042, 0.031, 1.4), (2.0, 0.004, 0.047, 0.1))
    return {
        "n_trades": 161,
        "win_rate": 0.57,
        "win_low": 0.49,
        "win_high": 0.64,
        "net_return": 0.042,
        "gross_return": 0.081,
        "hold_return": 0.011,
        "max_drawdown": 0.031,
        "profit_factor": 1.21,
        "turnover": 322.0,
        "exposure": 0.22,
        "break_even_cost": 0.00041,
        "by_cost": [
            {
                "multiple": multiple,
                "cost": 0.0001 * multiple,
                "net_return": net,
                "sharpe_annual": ratio,
                "max_drawdown": drawdown,
                "expectancy": net / 161,
                "win_rate": 0.57,
            }
            for multiple, net, drawdown, ratio in rows
        ],
    }


def cost_rows():
    shared = {"n_trades": 161, "hold_return": 0.011, "win_low": 0.49, "win_high": 0.64}
    rows = backtest()["by_cost"]
    return [shared | row | {"cost_multiple": row["multiple"]} for row in rows]


def sharpe():
    return {
        "sharpe": 0.027,
        "sharpe_annual": 1.4,
        "n_observations": 2902,
        "skew": 0.2,
        "kurtosis": 4.1,
        "n_trials": 5,
        "trial_variance": 0.00034,
        "psr": 0.91,
        "dsr": 0.74,
        "min_track_record": 3102.4,
    }


def training_records():
    def history(fold, start):
        epochs = np.arange(14)
        train = 0.31 + start * np.exp(-epochs / 4) - 0.0006 * epochs
        val = 0.315 + start * np.exp(-epochs / 3) + 0.0004 * epochs
        return [
            {"fold": fold, "epoch": int(e), "train_loss": a, "val_loss": b, "learning_rate": 1e-3}
            for e, a, b in zip(epochs, train, val, strict=True)
        ]

    def record(member, model, n_parameters, folds):
        return {
            "member": member,
            "model": model,
            "n_parameters": n_parameters,
            "fit_seconds": 44.0,
            "n_epochs": 14,
            "best_epoch": 8,
            "n_train_rows": 2713,
            "n_features": 14,
            "model_hash": "3f9a71c04e2b",
            "history": [row for fold in folds for row in fold],
        }

    folds = [history(k, 0.3 + 0.02 * k) for k in range(3)] + [history("final", 0.3)]
    booster = record("lightgbm", "lightgbm", None, []) | {"n_epochs": None, "best_epoch": None}
    return [record("nbeats", "nbeats", 48_211, folds), record("lstm", "lstm", 33_025, folds), booster]


def choices():
    return {
        "naive": {"member": "volatility (lightgbm)", "log_loss": {"majority": 0.3391, "volatility": 0.3341}},
        "final": {
            "name": "ensemble",
            "reason": "lowest log-loss on the first half of val",
            "log_loss": {"ensemble": 0.3118, "nbeats": 0.3174, "mean": 0.3131},
        },
        "stack": {"intercept": -0.12, "weights": {"nbeats": 0.55, "lstm": 0.31, "lightgbm": -0.04}},
        "operating_point": operating_point(),
        "position_quantiles": {"lower": 0.04, "upper": 0.16},
    }


def operating_point():
    return {
        "threshold": 0.21,
        "precision": 0.24,
        "precision_low": 0.18,
        "precision_high": 0.31,
        "recall": 0.32,
        "n_signals": 371,
        "effective_n": 96.2,
    }


def reliability():
    p = np.array([0.03, 0.06, 0.09, 0.13, 0.18, 0.27])
    frames = [
        pd.DataFrame({"name": name, "p_mean": p, "rate": p * slope + 0.01, "n": 484})
        for name, slope in (("ensemble", 0.93), ("nbeats", 0.85))
    ]
    return pd.concat(frames, ignore_index=True)


def sections():
    facts = summary_facts()
    return [
        data_section(quality()),
        labels_section(label_summary(), target(), facts.dropped),
        splits_section(splits()),
        models_section(facts.model_scores, facts.ceiling, facts.power),
        calibration_section(reliability(), facts.model_scores),
        operating_point_section(operating_point(), operating_point() | {"precision": 0.22}),
        ensemble_section(choices()),
        training_section(training_records()),
        backtest_section(cost_rows(), equity(), sharpe()),
        checks_section(facts.checks),
        provenance_section(
            {
                "revision": "a1b2c3d",
                "python": "3.11.9",
                "data fingerprint": "9e107d9d372bb6826bd81d3542a419d6",
            },
            {"label": {"horizon": 4, "rate": 0.11}, "nbeats": {"n_blocks": 3}},
            [
                {"node": "features_tda", "seconds": 61.0, "peak_gb": 2.3},
                {"node": "train_nbeats", "seconds": 44.0},
            ],
            [{"fingerprint": "ab12", "day": "2024-08-01", "members": "nbeats", "log-loss": 0.31}],
        ),
    ]


def front():
    return FrontPage(
        facts=summary_facts(),
        run_id="2024-08-01T09.14.22",
        revision="git a1b2c3d",
        repeat_command="kedro run --pipelines=trigger --params seed=7",
        equity=equity(),
    )


@pytest.fixture
def run():
    """Give every maker of made-up inputs by its name."""
    return globals()
