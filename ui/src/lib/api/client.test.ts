import { describe, expect, it } from "vitest";

import { addressOf } from "./client";
import { ApiError, fieldErrors, inWords, readError } from "./errors";

describe("an operation's address", () => {
  it("holds path and query, escaped, and leaves out what is not given", () => {
    expect(addressOf("GET /prices/{symbol}/history", { symbol: "BRK/B" }, { interval: "daily", start: undefined, q: "" })).toEqual([
      "GET",
      "/api/v1/prices/BRK%2FB/history?interval=daily",
    ]);
  });
});

describe("a refusal", () => {
  it("is told in the server's words, field by field", async () => {
    const body = { error: true, message: "invalid input", code: "invalid_input", validation_errors: { stop_loss_percent: ["must be at most 100"] } };
    const error = await readError(new Response(JSON.stringify(body), { status: 400 }));
    expect(error).toBeInstanceOf(ApiError);
    expect(inWords(error)).toBe("Stop-loss must be at most 100.");
    expect(fieldErrors(error)).toEqual({ stop_loss_percent: "Must be at most 100." });
    expect(inWords(new ApiError("", 400, "", { "combinations.3.stop_loss": ["must be a number"] }))).toBe("Combination 4, Stop-loss must be a number.");
  });

  it("that is not JSON still says what happened", async () => {
    expect(inWords(await readError(new Response("<html>", { status: 502 })))).toBe("The server answered 502.");
  });
});
