import { describe, expect, it } from "vitest";

import { overlaysOf } from "./indicators";

const SERIES = { "sma:20": [null, 1], "bbands:20:2": { upper: [3, 3], middle: [2, 2], lower: [1, 1] }, macd: { macd: [0, 1], macdsignal: [0, 1] }, "rsi:14": [50, 60] };

describe("indicators as lines", () => {
  it("lie over the prices or in panes that leave no gap", () => {
    expect(overlaysOf(SERIES, ["sma:20", "macd"]).map(({ name, pane }) => [name, pane])).toEqual([
      ["SMA 20", 0],
      ["MACD", 1],
      ["MACD signal", 1],
    ]);
    expect(overlaysOf(SERIES, ["rsi:14", "macd"]).map(({ pane }) => pane)).toEqual([1, 2, 2]);
  });

  it("that were not asked for are not drawn, nor those that have not arrived", () => {
    expect(overlaysOf(SERIES, [])).toEqual([]);
    expect(overlaysOf({}, ["sma:20"])).toEqual([]);
  });
});
