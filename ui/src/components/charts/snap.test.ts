import { describe, expect, it } from "vitest";

import { snapToBars } from "./snap";

const DAYS = ["2020-01-02", "2020-01-03", "2020-01-06"].map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);

describe("marks", () => {
  it("stand on the bar that had begun", () => {
    const placed = snapToBars(
      [
        { time: "2020-01-06T15:00:00Z", side: "SELL" },
        { time: "2020-01-04T12:00:00Z", side: "BUY" },
      ],
      DAYS,
    );
    expect(placed.map(({ time }) => time)).toEqual([DAYS[1], DAYS[2]]);
    expect(placed.map(({ mark }) => mark.side)).toEqual(["BUY", "SELL"]);
  });

  it("of before the first bar are left out", () => {
    expect(snapToBars([{ time: "2019-12-31T00:00:00Z", side: "BUY" }], DAYS)).toEqual([]);
  });
});
