"""Whether bars can be trusted: what is refused, what is mended, what is only counted."""

from topoquant.lib.bars.quality.report import QualityReport, validate_bars

__all__ = ["QualityReport", "validate_bars"]
