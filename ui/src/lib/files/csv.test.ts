import { describe, expect, it } from "vitest";

import { toCsv } from "./csv";

describe("rows as CSV", () => {
  it("have a header, and nothing where there is nothing", () => {
    expect(toCsv([{ a: 1, b: null }, { a: -2.5, b: "x", c: true }])).toBe("a,b,c\r\n1,,\r\n-2.5,x,true\r\n");
  });

  it("quote what would end a cell", () => {
    expect(toCsv([{ why: 'stop, "loss"' }])).toBe('why\r\n"stop, ""loss"""\r\n');
  });

  it("hold no formula of a spreadsheet", () => {
    expect(toCsv([{ why: "=1+1" }])).toBe("why\r\n'=1+1\r\n");
  });
});
