import { describe, expect, it } from "vitest";

import { formatAgo, formatAtExchange, formatDuration, formatMoment, isSession, zones } from "./time";

describe("time", () => {
  it("shows a session by its date, wherever the viewer is", () => {
    expect(isSession("2012-07-03T00:00:00Z")).toBe(true);
    expect(formatMoment("2012-07-03T00:00:00Z")).toBe("3 Jul 2012");
    expect(formatMoment("2012-07-03")).toBe("3 Jul 2012");
    expect(formatMoment("2012-09-03")).toBe("3 Sep 2012");
  });

  it("shows a moment at the exchange in its zone", () => {
    expect(formatAtExchange("2024-01-02T14:30:00Z")).toMatch(/^2 Jan 2024, 09:30/);
  });

  it("tells what just happened by how long ago", () => {
    const now = new Date("2024-01-02T12:00:00Z");
    expect(formatAgo("2024-01-02T11:59:40Z", now)).toBe("just now");
    expect(formatAgo("2024-01-02T11:10:00Z", now)).toBe("50 min ago");
    expect(formatAgo("2024-01-02T09:00:00Z", now)).toBe("3 h ago");
  });

  it("knows each zone once, UTC first", () => {
    expect(zones()[0]).toBe("UTC");
    expect(zones()).toContain("Europe/Berlin");
    expect(new Set(zones()).size).toBe(zones().length);
  });

  it("tells a duration in two units at most", () => {
    expect([9, 80, 119.7, 4000].map(formatDuration)).toEqual(["9 s", "1 min 20 s", "2 min 0 s", "1 h 6 min"]);
  });
});
