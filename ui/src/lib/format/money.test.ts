import { describe, expect, it } from "vitest";

import { formatFigure, formatMoney, formatPrice, formatSigned, formatSignedPercent } from "./money";

describe("money", () => {
  it("always has two decimals and a minus as wide as a plus", () => {
    expect(formatMoney(1234.5)).toBe("1,234.50");
    expect(formatMoney(-1234.5)).toBe("\u22121,234.50");
    expect(formatMoney(-0.001)).toBe("0.00");
  });

  it("writes the sign of a gain and of a loss, and none on nothing", () => {
    expect(formatSigned(12)).toBe("+12.00");
    expect(formatSigned(-12)).toBe("\u221212.00");
    expect(formatSigned(0)).toBe("0.00");
    expect(formatSigned(0.004)).toBe("0.00");
    expect(formatSignedPercent(-0.004)).toBe("0.00\u202f%");
    expect(formatSignedPercent(3.14159, 1)).toBe("+3.1\u202f%");
    expect(formatSignedPercent(1203.7)).toBe("+1,203.70\u202f%");
  });

  it("shows what is not known as a dash, never as zero", () => {
    for (const unknown of [null, undefined, Number.NaN]) {
      expect(formatMoney(unknown)).toBe("–");
      expect(formatSigned(unknown)).toBe("–");
      expect(formatPrice(unknown)).toBe("–");
    }
  });

  it("gives prices below one four decimals, as they tick", () => {
    expect(formatPrice(0.1234)).toBe("0.1234");
    expect(formatPrice(12.3456)).toBe("12.35");
  });

  it("of another kind has no decimals that say nothing", () => {
    expect(formatFigure(1234)).toBe("1,234");
    expect(formatFigure(-0.5)).toBe("\u22120.5");
    expect(formatFigure(null)).toBe("–");
  });
});
