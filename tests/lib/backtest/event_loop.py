"""A slow account book, written from the rules and not from the kernels: cash, units, one event at a time."""

from math import inf, isnan

INF = inf


class EventLoop:
    """Trades bars one by one; `trades` and `equity` say what happened."""

    def __init__(self, *, cost, funding, limit, n_positions, step):
        self.cost, self.funding, self.limit, self.n_positions = cost, funding, limit, n_positions
        self.step = step
        self.cash, self.positions, self.trades, self.equity = 1.0, [], [], []
        self.held, self.ruined = [], False

    def run(self, bars, sizes, levels, holdings):
        """`bars`: (stamp, open, high, low, close); levels and holdings (in `step`) by bar of the signal."""
        for i, bar in enumerate(bars):
            if i and not self.ruined:
                self.charge_funding((bar[0] - bars[i - 1][0]) // self.step)
                n_gapped = self.leave_at_open(i, bar)
                self.look_for_ruin(i, bar[1], at_open=True)
                has_place = len(self.positions) + n_gapped < self.n_positions
                if has_place and not self.ruined:
                    self.enter(i, bar, sizes[i - 1], levels[i - 1], holdings[i - 1])
                    self.look_for_ruin(i, bar[1], at_open=True)
                self.held.append(sum(one["size"] for one in self.positions))
                if self.positions:
                    self.walk_through(i, bar)
                if i == len(bars) - 1:
                    for one in list(self.positions):
                        self.leave(one, i, bar[4], "end", at_open=False)
            else:
                self.held.append(0.0)
            for one in self.positions:
                one["best"] = max(one["best"], bar[2]) if one["units"] > 0 else min(one["best"], bar[3])
            self.equity.append(self.cash + sum(one["units"] * bar[4] for one in self.positions))
        return self

    def charge_funding(self, n_bars):
        for one in self.positions:
            due = self.funding * one["size"] * one["capital"] * n_bars
            self.cash -= due
            one["costs"] += due

    def enter(self, i, bar, size, levels, holding):
        stop, take, trail = levels
        if size == 0 or isnan(stop) or isnan(take) or isnan(trail):
            return
        price = bar[1]
        equity = self.cash + sum(one["units"] * price for one in self.positions)
        room = max(0.0, self.limit - sum(abs(one["units"]) * price for one in self.positions) / equity)
        size = min(size, room) if size > 0 else max(size, -room)
        if size == 0:
            return
        sign = 1 if size > 0 else -1
        units = size * equity / price
        paid = self.cost * abs(units) * price
        self.cash -= units * price + paid
        self.positions.append({
            "units": units, "size": size, "capital": equity, "price": price, "costs": paid, "signal": i - 1,
            "stop": price * (1 - sign * stop) if stop < INF else -sign * INF,
            "take": price * (1 + sign * take) if take < INF else sign * INF,
            "trail": trail, "best": price, "due": bar[0] + holding * self.step,
        })  # fmt: skip

    def leave(self, one, i, price, reason, *, at_open):
        paid = self.cost * abs(one["units"]) * price
        self.cash += one["units"] * price - paid
        self.positions.remove(one)
        if not self.positions and self.cash <= 1e-13:
            self.cash, reason, self.ruined = 0.0, "ruin", True
        gross = one["units"] * (price - one["price"]) / one["capital"]
        costs = (one["costs"] + paid) / one["capital"]
        self.trades.append(
            (
                one["signal"],
                i,
                reason,
                at_open,
                one["size"],
                price,
                gross,
                costs,
                gross - costs,
                one["capital"],
            )
        )

    def leave_at_open(self, i, bar):
        n_gapped = 0
        for one in list(self.positions):
            sign = 1 if one["units"] > 0 else -1
            level, name = self.stop_of(one)
            if bar[0] >= one["due"]:
                self.leave(one, i, bar[1], "time", at_open=True)
            elif sign * bar[1] <= sign * level:
                n_gapped += 1
                self.leave(one, i, bar[1], name, at_open=True)
            elif sign * bar[1] >= sign * one["take"]:
                n_gapped += 1
                self.leave(one, i, bar[1], "take_profit", at_open=True)
        return n_gapped

    def stop_of(self, one):
        sign = 1 if one["units"] > 0 else -1
        trailing = -sign * INF if one["trail"] == INF else one["best"] * (1 - sign * one["trail"])
        return (trailing, "trailing") if sign * trailing > sign * one["stop"] else (one["stop"], "stop")

    def worth(self, price):
        """What is left when everything is closed at `price`."""
        return self.cash + sum(
            one["units"] * price - self.cost * abs(one["units"]) * price for one in self.positions
        )

    def look_for_ruin(self, i, price, *, at_open):
        if self.positions and self.worth(price) <= 1e-13:
            self.ruin(i, price, at_open=at_open)

    def ruin(self, i, price, *, at_open):
        for one in list(self.positions):
            self.leave(one, i, price, "ruin", at_open=at_open)
        self.cash, self.ruined = 0.0, True

    def walk_through(self, i, bar):
        per_price = self.worth(1.0) - self.worth(0.0)
        ways = (1, -1) if per_price >= 0 else (-1, 1)
        for way in ways:
            if not self.ruined:
                self.walk_one_way(i, way, bar[3] if way == 1 else bar[2])
        if self.ruined:
            return
        for one in list(self.positions):
            if (one["units"] > 0 and bar[2] >= one["take"]) or (one["units"] < 0 and bar[3] <= one["take"]):
                self.leave(one, i, one["take"], "take_profit", at_open=False)
        self.look_for_ruin(i, bar[4], at_open=False)

    def walk_one_way(self, i, way, extreme):
        """Down (way 1) or up (-1) to the extreme: at each step the nearer of the next stop and ruin."""
        while self.positions:
            touched = [one for one in self.positions if one["units"] * way > 0
                       and way * extreme <= way * self.stop_of(one)[0]]  # fmt: skip
            one = max(touched, key=lambda p: way * self.stop_of(p)[0], default=None)
            per_price = self.worth(1.0) - self.worth(0.0)
            zero = -self.worth(0.0) / per_price if per_price * way > 0 else -way * INF
            if way * extreme <= way * zero and (one is None or way * zero >= way * self.stop_of(one)[0]):
                self.ruin(i, zero, at_open=False)
            elif one is None:
                return
            else:
                level, name = self.stop_of(one)
                self.leave(one, i, level, name, at_open=False)
