import { describe, expect, it } from "vitest";

import { monthlyReturns } from "./months";

describe("the months of a backtest", () => {
  const years = monthlyReturns(["2009-12-30", "2009-12-31", "2010-01-04", "2010-01-29", "2010-03-01"], [100, 110, 105, 121, 60.5], 100);

  it("are counted from the last session of the month before, the first from the initial balance", () => {
    expect(years.map((year) => year.year)).toEqual([2010, 2009]);
    expect(years[1]?.months[11]).toBeCloseTo(10);
    expect(years[0]?.months[0]).toBeCloseTo(10);
    expect(years[0]?.months[2]).toBeCloseTo(-50);
  });

  it("without a session have no return", () => {
    expect(years[0]?.months[1]).toBeNull();
  });

  it("make the year together", () => {
    expect(years[0]?.whole).toBeCloseTo(-45);
  });
});
