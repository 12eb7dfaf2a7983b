import { describe, expect, it } from "vitest";

import type { StoredReport } from "@/lib/api/schema";

import { bodyOfCombination, bodyOfReport, DEFAULTS, fromBody, handedOver, newMember, toBody } from "./settings";

const SETTINGS = { ...DEFAULTS, symbol: "ACME", strategy: "sma_cross", params: { fast: 5, slow: "" as const }, allocation: 33 as const };

describe("the settings of a backtest", () => {
  it("become what the server takes, and what is empty is left to it", () => {
    const body = toBody({ ...SETTINGS, stop_loss: "", start: "2010-01-04" });
    expect(body).toMatchObject({ symbol: "ACME", allocation: 0.33, params: { fast: 5 }, start: "2010-01-04", cash: 10_000 });
    expect(body).not.toHaveProperty("stop_loss");
    expect(body).not.toHaveProperty("shares");
    expect(body).not.toHaveProperty("end");
  });

  it("come back from what was sent", () => {
    const whole = { ...SETTINGS, params: { fast: 5, slow: 20 }, stop_loss: 0, shares: 7 } as const;
    expect(fromBody(toBody(whole))).toEqual(whole);
  });

  it("of a portfolio stand with each member, and come back", () => {
    const one = { ...newMember("ACME"), strategy: "sma_trend", params: { window: 50 }, stop_loss: 3 };
    const whole = { ...DEFAULTS, commission_per_order: 1, members: [one, { ...newMember("OTHER"), budget: 3000 }] };
    const body = toBody(whole);
    expect(body).not.toHaveProperty("symbol");
    expect(body.members).toMatchObject([
      { symbol: "ACME", params: { window: 50 }, stop_loss: 3, commission_per_order: 1 },
      { symbol: "OTHER", budget: 3000, commission_per_order: 1 },
    ]);
    expect(body.members?.[0]).not.toHaveProperty("budget");
    expect(fromBody(body)).toEqual(whole);
  });

  it("of a portfolio's report are its members', unless their costs differ", () => {
    const member = (symbol: string, rules: object) => ({ symbol, strategy: "technical", allocation: 0.5, slippage_bps: 5, fill: "next_open", prices: "raw", ...rules });
    const report = (...members: object[]) =>
      ({ interval: 0, initial_balance: 500, members: members.map(() => ({ params: {} })), pinned: { params: { members } } }) as unknown as StoredReport;
    expect(bodyOfReport(report(member("ACME", { stop_loss_percent: 3 }), member("OTHER", { budget: 100 })))).toMatchObject({
      cash: 500,
      fill: "next_open",
      members: [{ symbol: "ACME", stop_loss: 3 }, { symbol: "OTHER", budget: 100 }],
    });
    expect(bodyOfReport(report(member("ACME", {}), member("OTHER", { slippage_bps: 9 })))).toBeNull();
  });

  it("of a report are those that it is pinned to", () => {
    const report = {
      symbol: "ACME",
      strategy: "sma_trend",
      params: { window: 50 },
      interval: 5,
      initial_balance: 500,
      pinned: { params: { allocation: 0.5, stop_loss_percent: 4, fixed_shares: null, fill: "close", prices: "raw", start: "2009-01-02", window: 50 } },
    } as unknown as StoredReport;
    expect(bodyOfReport(report)).toEqual({
      symbol: "ACME",
      strategy: "sma_trend",
      params: { window: 50 },
      interval: 5,
      cash: 500,
      allocation: 0.5,
      stop_loss: 4,
      fill: "close",
      prices: "raw",
      start: "2009-01-02",
    });
  });

  it("of a combination replace what the sweep held fixed", () => {
    const asked = { strategy: "sma_cross", interval: 0, fill: "next_open", prices: "raw", cash: "10000", start: null, params: { slow: 90 }, rules: { stop_loss_percent: 5, slippage_bps: 2 } };
    expect(bodyOfCombination(asked, "ACME", { fast: 11, stop_loss_percent: 8 })).toEqual({
      symbol: "ACME",
      strategy: "sma_cross",
      params: { slow: 90, fast: 11 },
      interval: 0,
      cash: 10_000,
      stop_loss: 8,
      slippage_bps: 2,
      fill: "next_open",
      prices: "raw",
    });
  });

  it("in an address are read where they are settings at all", () => {
    expect(handedOver({ settings: { symbol: "ACME" } })).toEqual({ settings: { symbol: "ACME" } });
    for (const wrong of ["ACME", 7, null, ["ACME"]]) expect(handedOver({ settings: wrong })).toEqual({});
  });
});
