import { QueryClient } from "@tanstack/react-query";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { Backtest } from "@/lib/api/schema";

import { previewBacktest } from "./previewBacktest";

const superseded = () => new Response(JSON.stringify({ error: true, message: "a newer preview was asked for", code: "superseded" }), { status: 409 });
const settings = (symbol: string) => ({ symbol }) as unknown as Backtest;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a preview", () => {
  it("says when it was asked for, so that an overtaken one does not end it", async () => {
    const fetched = vi.fn((address: string) => Promise.resolve(new Response(JSON.stringify({ address }))));
    vi.stubGlobal("fetch", fetched);
    const before = Date.now();
    await new QueryClient().query(previewBacktest(settings("AAPL")));

    const askedAt = Number(new URL(fetched.mock.calls[0]?.[0] ?? "", "http://localhost").searchParams.get("asked_at"));
    expect(askedAt).toBeGreaterThanOrEqual(before);
    expect(askedAt).toBeLessThanOrEqual(Date.now());
  });

  it("that another tab has ended is asked for again, and no other refusal is", async () => {
    const answers = [superseded(), new Response('{"symbol":"AAPL"}'), new Response('{"message":"no"}', { status: 400 })];
    const fetched = vi.fn(() => Promise.resolve(answers.shift()));
    vi.stubGlobal("fetch", fetched);
    const client = new QueryClient({ defaultOptions: { queries: { retryDelay: 1 } } });

    await expect(client.query(previewBacktest(settings("AAPL")))).resolves.toEqual({ symbol: "AAPL" });
    await expect(client.query(previewBacktest(settings("IBM")))).rejects.toThrow("No");
    expect(fetched).toHaveBeenCalledTimes(3);
  });
});
