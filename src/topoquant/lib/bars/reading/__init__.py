"""Bars and macro series from files: whatever layout, in time order, nothing invented."""

from topoquant.lib.bars.reading.bars import read_bars
from topoquant.lib.bars.reading.series import read_series

__all__ = ["read_bars", "read_series"]
