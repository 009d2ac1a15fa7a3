"""The audit finds nothing to complain of in the stages as they are."""

import pytest


@pytest.mark.parametrize("topic", ["tabular", "tda", "rows", "data", "permuted"])
def test_no_stage_leaks(made, topic):
    findings = made(f"findings_{topic}")
    assert findings
    assert {finding["status"] for finding in findings} <= {"ok", "warning"}


def test_power_says_what_could_have_been_found(made):
    assert isinstance(made("power"), dict)
