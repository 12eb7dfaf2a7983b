import { describe, expect, it } from "vitest";

import type { Service } from "@/lib/api/schema";

import { isUnprotected, stateWord } from "./service";

const service = (part: Partial<Service>) => ({ state: "ACTIVE", mode: "SELL", current_shares: 5, keep_protection: true, last_bar_time: null, ...part }) as Service;

describe("a position", () => {
  it("is unprotected where the service was stopped, or gave up its stop while it takes no signals", () => {
    expect(isUnprotected(service({}))).toBe(false);
    expect(isUnprotected(service({ state: "INACTIVE" }))).toBe(true);
    expect(isUnprotected(service({ state: "ERROR" }))).toBe(false);
    expect(isUnprotected(service({ state: "ERROR", keep_protection: false }))).toBe(true);
    expect(isUnprotected(service({ mode: "HOLD", keep_protection: false }))).toBe(true);
    expect(isUnprotected(service({ keep_protection: false }))).toBe(false);
    expect(isUnprotected(service({ state: "INACTIVE", current_shares: 0 }))).toBe(false);
  });
});

describe("a state", () => {
  it("tells who never began from who was stopped", () => {
    expect(stateWord(service({ state: "INACTIVE" }))).toBe("Not started");
    expect(stateWord(service({ state: "INACTIVE", last_bar_time: "2012-01-03T00:00:00Z" }))).toBeUndefined();
  });
});
