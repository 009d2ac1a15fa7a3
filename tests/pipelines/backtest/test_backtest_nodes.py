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


def test_profiles_have_their_filters_and_accounts_are_checked(made):
    rows = {row["name"]: row for row in made("strategies")}
    profiles = ["sniper", "audited", "reckless", "buy_and_hold", "always_long_in_trend"]
    # Without signals that are spread enough there is no auditor; everything else is there.
    fitted = made("auditor")["fitted"]
    assert {name: row["missing"] for name, row in rows.items()} == {
        name: None if name != "audited" or fitted else "auditor" for name in profiles
    }
    assert (
        rows["reckless"]["sharpe_statistics"] is None
        or rows["reckless"]["sharpe_statistics"]["n_trials"] >= 3
    )
    traded = {name for name, row in rows.items() if row["missing"] is None}
    assert set(made("strategy_equity")["name"]) == traded
    (found,) = made("findings_trades")
    assert found["status"] == "ok"
    assert set(made("drawdowns")["symbol"]) <= {"all"}
