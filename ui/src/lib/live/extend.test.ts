import { describe, expect, it } from "vitest";

import type { PriceBar } from "@/lib/socket/protocol";

import { extend, type Columns } from "./extend";

const KNOWN: Columns = {
  timestamps: ["2020-01-02T00:00:00Z", "2020-01-03T00:00:00Z"],
  open: [1, 2],
  high: [1, 2],
  low: [1, 2],
  close: [1, 2],
  volume: [10, 20],
};

function bar(day: string, close: number, symbol = "ACME"): PriceBar {
  return {
    symbol,
    price_date: day,
    open_price: close,
    high_price: close,
    low_price: close,
    close_price: close,
    volume: 5,
    change: 0,
    change_percent: 0,
  };
}

describe("bars heard after they were loaded", () => {
  it("follow the last one, in their order, each once", () => {
    const longer = extend(KNOWN, [bar("2020-01-07", 4), bar("2020-01-06", 3)], "ACME", 0);
    expect(longer.timestamps.slice(2)).toEqual(["2020-01-06T00:00:00Z", "2020-01-07T00:00:00Z"]);
    expect(longer.close).toEqual([1, 2, 3, 4]);
  });

  it("of another interval change nothing", () => {
    const { price_date: day, ...minute } = bar("2020-01-06", 3);
    expect(extend(KNOWN, [{ ...minute, interval: 5, timestamp: `${day}T14:30:00Z` }], "ACME", 0)).toBe(KNOWN);
  });

  it("replace the one of their time", () => {
    const longer = extend(KNOWN, [bar("2020-01-03", 9)], "ACME", 0);
    expect(longer.close).toEqual([1, 9]);
    expect(KNOWN.close).toEqual([1, 2]);
  });

  it("of another stock or of before what was loaded change nothing", () => {
    const same = extend(KNOWN, [bar("2020-01-06", 3, "OTHER"), bar("2020-01-01", 7)], "ACME", 0);
    expect(same.close).toEqual([1, 2]);
  });
});
