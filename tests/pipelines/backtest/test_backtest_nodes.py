"""Trading the one prediction on test rows."""


def test_trades_lie_in_the_test_set(made):
    splits = made("splits")
    test = splits.loc[splits["set"] == "test", "time"]
    trades = made("trades")
    if len(trades):
        assert trades["entry_time"].min() >= test.min()
    assert len(made("equity"))
    assert isinstance(made("backtest_metrics"), dict)


def test_what_was_compared_is_said_with_its_spread(made):
    (found,) = made("findings_overfitting")
    assert found["status"] in ("ok", "warning")
    assert found["numbers"]["n_blocks"] == 10
    assert 0 <= found["numbers"]["pbo_low"] <= found["numbers"]["pbo"] <= found["numbers"]["pbo_high"] <= 1
