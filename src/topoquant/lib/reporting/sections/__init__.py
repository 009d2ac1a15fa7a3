"""The sections of the report, one module each: plain records and frames in, a `Section` out."""

from topoquant.lib.reporting.sections.auditor import audited_sections
from topoquant.lib.reporting.sections.backtest import backtest_section
from topoquant.lib.reporting.sections.calibration import calibration_section
from topoquant.lib.reporting.sections.checks import checks_section, findings
from topoquant.lib.reporting.sections.data import data_section
from topoquant.lib.reporting.sections.ensemble import ensemble_section
from topoquant.lib.reporting.sections.features import features_section
from topoquant.lib.reporting.sections.labels import labels_section
from topoquant.lib.reporting.sections.models import models_section
from topoquant.lib.reporting.sections.operating_point import operating_point_section
from topoquant.lib.reporting.sections.provenance import provenance_section
from topoquant.lib.reporting.sections.regimes import regimes_section
from topoquant.lib.reporting.sections.section import Section
from topoquant.lib.reporting.sections.splits import splits_section
from topoquant.lib.reporting.sections.strategies import strategies_section
from topoquant.lib.reporting.sections.symbols import symbols_section
from topoquant.lib.reporting.sections.tables import tables_section
from topoquant.lib.reporting.sections.training import training_section
from topoquant.lib.reporting.sections.tried import tried_rows
from topoquant.lib.reporting.sections.values import values_section
from topoquant.lib.reporting.sections.verdict import verdict_section

__all__ = [
    "Section",
    "audited_sections",
    "backtest_section",
    "calibration_section",
    "checks_section",
    "data_section",
    "ensemble_section",
    "features_section",
    "findings",
    "labels_section",
    "models_section",
    "operating_point_section",
    "provenance_section",
    "regimes_section",
    "splits_section",
    "strategies_section",
    "symbols_section",
    "tables_section",
    "training_section",
    "tried_rows",
    "values_section",
    "verdict_section",
]
