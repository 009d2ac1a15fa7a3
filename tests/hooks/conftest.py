"""Import the hooks once, without what third parties deprecate while they are imported."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import topoquant.hooks  # noqa: F401
