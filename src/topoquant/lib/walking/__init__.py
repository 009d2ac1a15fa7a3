"""Walking forward: a study repeated as time goes on, every window by the rules of a whole one."""

from topoquant.lib.walking.refitting import WalkMember, WalkStudy, Window, refit_window
from topoquant.lib.walking.scoring import Walk, walk_forward
from topoquant.lib.walking.trading import trade_windows, walk_signals

__all__ = [
    "Walk",
    "WalkMember",
    "WalkStudy",
    "Window",
    "refit_window",
    "trade_windows",
    "walk_forward",
    "walk_signals",
]
