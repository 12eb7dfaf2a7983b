import { describe, expect, it } from "vitest";

import { bestCell } from "./bestCell";

describe("the best cell", () => {
  const values = [
    [null, 1, 3],
    [3, -2, null],
  ];

  it("is the highest, of equals the first, or the lowest where that is better", () => {
    expect(bestCell(values, false)).toEqual({ row: 0, column: 2 });
    expect(bestCell(values, true)).toEqual({ row: 1, column: 1 });
  });

  it("is nowhere where nothing traded", () => {
    expect(bestCell([[null]], false)).toBeNull();
  });
});
