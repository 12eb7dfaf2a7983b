import { describe, expect, it } from "vitest";

import { DEFAULTS, isTestable, settingsOfBacktest, toBacktest, toService } from "./settings";

const SETTINGS = { ...DEFAULTS, name: " Swing ", stock_symbol: "ACME", allocation: 33 as const };

describe("the settings of a service", () => {
  it("become the fraction that the server takes", () => {
    expect(toService(SETTINGS).allocation_percent).toBe(0.33);
    expect(toService(SETTINGS).name).toBe("Swing");
  });

  it("and their backtest have the same rules under the backtest's names", () => {
    const service = toService(SETTINGS);
    const backtest = toBacktest(SETTINGS, "2010-01-04");
    expect(backtest).toMatchObject({
      symbol: service.stock_symbol,
      cash: service.initial_balance,
      allocation: service.allocation_percent,
      stop_loss: service.stop_loss_percent,
      take_profit: service.take_profit_percent,
      gap_reserve: service.gap_reserve_percent,
      slippage_bps: service.slippage_bps,
      start: "2010-01-04",
    });
  });

  it("name thresholds only where the strategy has them", () => {
    expect(toBacktest(SETTINGS, null)).toHaveProperty("buy_threshold", 3);
    expect(toBacktest({ ...SETTINGS, strategy: "sma_cross" }, null)).not.toHaveProperty("buy_threshold");
  });

  it("left empty are left to the server", () => {
    expect(toService({ ...SETTINGS, stop_loss_percent: "" })).not.toHaveProperty("stop_loss_percent");
    expect(toService(SETTINGS).fixed_shares).toBeNull();
  });

  it("of a service like a backtest are the backtest's", () => {
    const body = { ...toBacktest({ ...SETTINGS, strategy: "sma_cross", strategy_params: { fast: 11 }, stop_loss_percent: 8, fixed_shares: 7 }, null) };
    expect(settingsOfBacktest(body)).toMatchObject({ stock_symbol: "ACME", strategy: "sma_cross", strategy_params: { fast: 11 }, stop_loss_percent: 8, fixed_shares: 7, allocation: 33 });
    expect(settingsOfBacktest({ symbol: "ACME", params: { buy_threshold: 4 } }).buy_threshold).toBe(4);
  });

  it("without stock or budget have no backtest", () => {
    expect(isTestable(SETTINGS)).toBe(true);
    expect(isTestable({ ...SETTINGS, stock_symbol: "" })).toBe(false);
    expect(isTestable({ ...SETTINGS, initial_balance: "" })).toBe(false);
  });
});
