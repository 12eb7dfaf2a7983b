import { describe, expect, it } from "vitest";

import type { Parameter } from "@/lib/api/schema";
import { DEFAULTS } from "@/lib/backtest/settings";

import { axisOf, linesOf, toSweep, valuesOf, type Search } from "./axes";

const FAST = { name: "fast", from: 5, to: 20, step: 5, list: null } as const;
const SEARCH: Search = {
  settings: { ...DEFAULTS, strategy: "sma_cross", params: { fast: 10, slow: 50 } },
  symbols: ["ACME"],
  axes: [FAST, { name: "allocation", from: "", to: "", step: "", list: "50, 100" }],
  metric: "sharpe_ratio",
  draws: null,
  lines: null,
  walk: { mode: "rolling", train: 504, test: 126 },
};

describe("an axis", () => {
  it("is a range with both ends, without the noise of fractions", () => {
    expect(valuesOf(FAST)).toEqual([5, 10, 15, 20]);
    expect(valuesOf({ ...FAST, from: 0.1, to: 0.5, step: 0.1 })).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
  });

  it("or a list, and nothing while it is typed", () => {
    expect(valuesOf({ ...FAST, list: "0, 3,5" })).toEqual([0, 3, 5]);
    expect(valuesOf({ ...FAST, list: "3, x" })).toBeNull();
    expect(valuesOf({ ...FAST, to: "" })).toBeNull();
    expect(valuesOf({ ...FAST, step: 0 })).toBeNull();
  });

  it("begins around the default, within the bounds", () => {
    const axis = axisOf({ name: "window", type: "integer", default: 50, minimum: 2, maximum: 80 } as Parameter);
    expect([axis.from, axis.to]).toEqual([25, 80]);
    expect(Number.isInteger(axis.step)).toBe(true);
  });
});

describe("a sweep", () => {
  it("varies its axes and holds the rest", () => {
    const body = toSweep(SEARCH);
    expect(body?.grid).toEqual({ fast: [5, 10, 15, 20], allocation: [0.5, 1] });
    expect(body?.params).toEqual({ slow: 50 });
    expect(body).not.toHaveProperty("allocation");
    expect(body).toMatchObject({ symbol: "ACME", stop_loss: 5, walk_forward: { train: 504 } });
  });

  it("draws between the bounds", () => {
    const body = toSweep({ ...SEARCH, draws: 200 });
    expect(body?.random).toEqual({ fast: [5, 20], allocation: [0.5, 1] });
    expect(body).not.toHaveProperty("grid");
  });

  it("takes combinations one by one", () => {
    const body = toSweep({ ...SEARCH, lines: "fast 5, allocation 50\n\n fast=10, allocation: 100 %\n" });
    expect(body?.combinations).toEqual([
      { fast: 5, allocation: 0.5 },
      { fast: 10, allocation: 1 },
    ]);
    expect(body?.params).toEqual({ slow: 50 });
    expect(body).not.toHaveProperty("grid");
    for (const wrong of ["", "fast", "fast 5 slow 20", "fast 5, 20", "fast five"]) expect(toSweep({ ...SEARCH, lines: wrong })).toBeNull();
  });

  it("one by one begins with the ends of what was to vary", () => {
    expect(linesOf(SEARCH.axes)).toBe("fast 5, allocation 50\nfast 20, allocation 100");
  });

  it("of several stocks walks each of them forward", () => {
    const body = toSweep({ ...SEARCH, symbols: ["ACME", "OTHER"] });
    expect(body?.symbols).toEqual(["ACME", "OTHER"]);
    expect(body).not.toHaveProperty("symbol");
    expect(body?.walk_forward).toMatchObject({ train: 504 });
  });

  it("needs a stock, and each axis once", () => {
    expect(toSweep({ ...SEARCH, symbols: [] })).toBeNull();
    expect(toSweep({ ...SEARCH, axes: [FAST, FAST] })).toBeNull();
  });
});
