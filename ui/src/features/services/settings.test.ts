import { describe, expect, it } from "vitest";

import type { Service } from "@/lib/api/schema";

import { DEFAULTS, isTestable, namedAsTyped, settingsOf, settingsOfBacktest, toBacktest, toService } from "./settings";

const SETTINGS = { ...DEFAULTS, name: " Swing ", symbol: "ACME", allocation: 33 as const };

describe("the settings of a service", () => {
  it("become the fraction that the server takes", () => {
    expect(toService(SETTINGS).allocation_percent).toBe(0.33);
    expect(toService(SETTINGS).name).toBe("Swing");
  });

  it("and their backtest have the same rules under the backtest's names", () => {
    const typed = { ...SETTINGS, volume_limit: 10 as const };
    const service = toService(typed);
    const backtest = toBacktest(typed, "2010-01-04", "2012-06-29");
    expect(backtest).toMatchObject({
      symbol: service.stock_symbol,
      cash: service.initial_balance,
      allocation: service.allocation_percent,
      stop_loss: service.stop_loss_percent,
      take_profit: service.take_profit_percent,
      gap_reserve: service.gap_reserve_percent,
      slippage_bps: service.slippage_bps,
      volume_limit: service.volume_limit_percent,
      start: "2010-01-04",
      end: "2012-06-29",
    });
  });

  it("have thresholds among the strategy's parameters, which a service keeps apart", () => {
    const typed = { ...SETTINGS, params: { buy_threshold: 4, sell_threshold: 1 } };
    expect(toService(typed)).toMatchObject({ buy_threshold: 4, sell_threshold: 1, strategy_params: {} });
    expect(toBacktest(typed).params).toEqual({ buy_threshold: 4, sell_threshold: 1 });
    const service = { ...toService({ ...typed, strategy: "sma_trend", params: { window: 50 } }), buy_threshold: 4, sell_threshold: 1 } as unknown as Service;
    expect(settingsOf(service).params).toEqual({ window: 50 });
    expect(settingsOf({ ...service, strategy: "technical", strategy_params: {} }).params).toEqual({ buy_threshold: 4, sell_threshold: 1 });
  });

  it("come back from what was sent", () => {
    const whole = { ...DEFAULTS, name: "Swing", symbol: "ACME", strategy: "sma_cross", params: { fast: 5, slow: 20 }, shares: 7, volume_limit: 2.5, keep_protection: false } as const;
    expect(whole).toMatchObject(settingsOf(toService(whole) as Service));
  });

  it("left empty are left to the server", () => {
    expect(toService({ ...SETTINGS, stop_loss: "" })).not.toHaveProperty("stop_loss_percent");
    expect(toService(SETTINGS)).toMatchObject({ fixed_shares: null, volume_limit_percent: null });
  });

  it("of a service like a backtest are the backtest's, at the next open", () => {
    const body = toBacktest({ ...SETTINGS, strategy: "sma_cross", params: { fast: 11 }, stop_loss: 8, shares: 7 });
    const settings = settingsOfBacktest({ ...body, fill: "close", start: "2010-01-04" });
    expect(settings).toMatchObject({ symbol: "ACME", strategy: "sma_cross", params: { fast: 11 }, stop_loss: 8, shares: 7, allocation: 33 });
    expect(toBacktest(settings)).toEqual(body);
  });

  it("that were refused are told where they were typed", () => {
    expect(namedAsTyped({ initial_balance: "Too little.", name: "Is taken." })).toEqual({ cash: "Too little.", name: "Is taken." });
  });

  it("without stock or budget have no backtest", () => {
    expect(isTestable(SETTINGS)).toBe(true);
    expect(isTestable({ ...SETTINGS, symbol: "" })).toBe(false);
    expect(isTestable({ ...SETTINGS, cash: "" })).toBe(false);
  });
});
