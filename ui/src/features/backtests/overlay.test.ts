import { describe, expect, it } from "vitest";

import type { BacktestEquity } from "@/lib/api/schema";

import { overlay } from "./overlay";

const curve = (dates: string[], portfolio_values: number[]) => ({ dates, portfolio_values }) as BacktestEquity;

describe("two curves over each other", () => {
  it("share the sessions of both, in order, and are percent of their own beginning", () => {
    const both = overlay(curve(["2010-01-05", "2010-01-06"], [100, 110]), curve(["2010-01-04", "2010-01-05"], [200, 190]), 100, 200);
    expect(both.timestamps).toEqual(["2010-01-04T00:00:00Z", "2010-01-05T00:00:00Z", "2010-01-06T00:00:00Z"]);
    expect(both.first[0]).toBeNull();
    expect(both.first[2]).toBeCloseTo(10);
    expect(both.second[1]).toBeCloseTo(-5);
    expect(both.second[2]).toBeNull();
  });
});
