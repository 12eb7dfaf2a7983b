import { expect, it } from "vitest";

import { numberTyped } from "./typed";

it("what is typed so far counts as the number that it is", () => {
  expect(["2.", "2.5", "12.50", "0.0", "-", "", " ", 7].map(numberTyped)).toEqual([2, 2.5, 12.5, 0, "", "", "", 7]);
});
