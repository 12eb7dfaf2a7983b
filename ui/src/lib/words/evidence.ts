import { formatPrice, formatRatio, formatWhole } from "@/lib/format/money";

// The figures behind a decision, named as traders name them.

const NAMES: Record<string, string> = {
  close: "Close",
  sma: "SMA",
  rsi: "RSI",
  macd: "MACD",
  signal: "Signal",
  fast: "Fast SMA",
  slow: "Slow SMA",
  bollinger_upper: "Upper band",
  bollinger_middle: "Middle band",
  bollinger_lower: "Lower band",
  current_shares: "Shares held",
  current_balance: "Cash",
  stop_price: "Stop",
  target_price: "Target",
  limit_price: "Limit",
};
const OSCILLATORS = new Set(["rsi", "macd", "signal", "histogram"]);
const COUNTS = new Set(["shares", "current_shares"]);

export interface Fact {
  name: string;
  value: string;
}

/** The figures of a decision, in the order in which the strategy gives them; what is unknown is left out. */
export function facts(evidence: Record<string, unknown>): Fact[] {
  return Object.entries(evidence).flatMap(([key, value]) =>
    typeof value === "number" ? [{ name: nameOf(key), value: figure(key, value) }] : [],
  );
}

function nameOf(key: string): string {
  const known = NAMES[key];
  if (known) return known;
  const average = /^sma_(\d+)$/.exec(key);
  if (average) return `SMA ${average[1]}`;
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function figure(key: string, value: number): string {
  if (COUNTS.has(key)) return formatWhole(value);
  return OSCILLATORS.has(key) ? formatRatio(value) : formatPrice(value);
}
