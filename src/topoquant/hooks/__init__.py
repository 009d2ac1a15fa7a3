"""What happens around a run: refusals, resources, tracking, and the last lines a person reads."""

from topoquant.hooks.errors import ErrorHooks
from topoquant.hooks.fingerprints import FingerprintHooks
from topoquant.hooks.parameters import ParameterHooks
from topoquant.hooks.resources import ResourceHooks
from topoquant.hooks.summary import SummaryHooks
from topoquant.hooks.tracking import TrackingHooks

_resources = ResourceHooks()
FINGERPRINTS = FingerprintHooks()

# pluggy calls the last registered first: errors come last in a failing run, the summary first in a good one.
HOOKS = (
    ErrorHooks(),
    FINGERPRINTS,
    ParameterHooks(),
    _resources,
    TrackingHooks(FINGERPRINTS),
    SummaryHooks(_resources, FINGERPRINTS),
)
