import type { Typed } from "@/lib/backtest/settings";

/** The number that was typed so far: 2 of "2.", 12.5 of "12.50", nothing of "-". */
export function numberTyped(text: number | string): Typed {
  if (typeof text === "number") return text;
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? value : "";
}
