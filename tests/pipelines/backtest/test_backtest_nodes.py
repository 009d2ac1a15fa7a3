"""Trading the one prediction on test rows."""


def test_trades_lie_in_the_test_set(made):
    splits = made("splits")
    test = splits.loc[splits["set"] == "test", "time"]
    trades = made("trades")
    if len(trades):
        assert trades["entry_time"].min() >= test.min()
    assert len(made("equity"))
    assert isinstance(made("backtest_metrics"), dict)
