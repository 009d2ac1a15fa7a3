"""The audit finds nothing to complain of in the stages as they are."""

import pytest

from topoquant.pipelines.report.pipeline import FINDINGS


@pytest.mark.parametrize("name", FINDINGS)
def test_no_stage_leaks(made, name):
    findings = made(name)
    assert {finding["status"] for finding in findings} <= {"ok", "warning"}


def test_power_says_what_could_have_been_found(made):
    assert isinstance(made("power"), dict)
