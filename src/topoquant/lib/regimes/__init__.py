"""Market states known at the time: hidden Markov models filtered forward, and rules."""

from topoquant.lib.regimes.filtering import forward_filter
from topoquant.lib.regimes.folds import PROBABILITIES, fit_regimes, regimes_of_bars
from topoquant.lib.regimes.hmm import RegimeModel, filter_hmm, fit_hmm
from topoquant.lib.regimes.inputs import input_columns, regime_inputs
from topoquant.lib.regimes.joining import asked_regimes, regimes_by_key, regimes_of
from topoquant.lib.regimes.naming import REGIMES
from topoquant.lib.regimes.options import HMMOptions, RegimeInputOptions, RegimeOptions, RuleOptions
from topoquant.lib.regimes.rules import RULES, classify_regime, rule_measures
from topoquant.lib.regimes.summary import summarise_regimes

__all__ = [
    "PROBABILITIES",
    "REGIMES",
    "RULES",
    "HMMOptions",
    "RegimeInputOptions",
    "RegimeModel",
    "RegimeOptions",
    "RuleOptions",
    "asked_regimes",
    "classify_regime",
    "filter_hmm",
    "fit_hmm",
    "fit_regimes",
    "forward_filter",
    "input_columns",
    "regime_inputs",
    "regimes_by_key",
    "regimes_of",
    "regimes_of_bars",
    "rule_measures",
    "summarise_regimes",
]
