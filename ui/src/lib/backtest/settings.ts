import type { Backtest, StoredReport } from "@/lib/api/schema";

// The settings of a backtest while they are typed, what they become for the server, and what is handed from page to page.

export type Typed = number | "";

export interface RunSettings {
  symbol: string;
  strategy: string;
  params: Record<string, Typed>;
  interval: number;
  start: string;
  end: string;
  cash: Typed;
  /** Percent of the spendable cash; the server takes a fraction. */
  allocation: Typed;
  shares: Typed;
  stop_loss: Typed;
  take_profit: Typed;
  minimum_balance: Typed;
  gap_reserve: Typed;
  commission_per_order: Typed;
  commission_per_share: Typed;
  commission_percent: Typed;
  commission_minimum: Typed;
  slippage_bps: Typed;
  fill: "next_open" | "close";
  prices: "raw" | "adjusted";
}

/** What a backtest begins with: the server's own defaults, written out so that they can be seen. */
export const DEFAULTS: RunSettings = {
  symbol: "",
  strategy: "technical",
  params: {},
  interval: 0,
  start: "",
  end: "",
  cash: 10_000,
  allocation: 50,
  shares: "",
  stop_loss: 5,
  take_profit: 10,
  minimum_balance: 0,
  gap_reserve: 3,
  commission_per_order: 0,
  commission_per_share: 0,
  commission_percent: 0,
  commission_minimum: 0,
  slippage_bps: 5,
  fill: "next_open",
  prices: "raw",
};

const NUMBERS = [
  "cash",
  "shares",
  "stop_loss",
  "take_profit",
  "minimum_balance",
  "gap_reserve",
  "commission_per_order",
  "commission_per_share",
  "commission_percent",
  "commission_minimum",
  "slippage_bps",
] as const;
/** The server's own names of rules, and those of a request's body. */
const OF_RULE: Record<string, keyof Backtest> = {
  allocation: "allocation",
  fixed_shares: "shares",
  stop_loss_percent: "stop_loss",
  take_profit_percent: "take_profit",
  minimum_balance: "minimum_balance",
  gap_reserve_percent: "gap_reserve",
  commission_per_order: "commission_per_order",
  commission_per_share: "commission_per_share",
  commission_percent: "commission_percent",
  commission_minimum: "commission_minimum",
  slippage_bps: "slippage_bps",
};

/** What the server is given; what was left empty is left to it. */
export function toBody(settings: RunSettings): Backtest {
  const { symbol, strategy, interval, start, end, fill, prices } = settings;
  return {
    symbol,
    strategy,
    interval,
    fill,
    prices,
    params: Object.fromEntries(Object.entries(settings.params).filter(([, value]) => value !== "")),
    ...Object.fromEntries(NUMBERS.flatMap((name) => (settings[name] === "" ? [] : [[name, settings[name]]]))),
    ...(settings.allocation === "" ? {} : { allocation: rounded(settings.allocation / 100) }),
    ...(start ? { start } : {}),
    ...(end ? { end } : {}),
  };
}

/** The form of settings that came from another page; what they do not name is at its default. */
export function fromBody(body: Backtest): RunSettings {
  const known = body as Record<string, unknown>;
  const numbers = NUMBERS.flatMap((name) => (typeof known[name] === "number" ? [[name, known[name]]] : []));
  return {
    ...DEFAULTS,
    ...(Object.fromEntries(numbers) as Partial<RunSettings>),
    ...(typeof body.allocation === "number" ? { allocation: rounded(body.allocation * 100) } : {}),
    symbol: body.symbol ?? "",
    strategy: body.strategy ?? DEFAULTS.strategy,
    params: (body.params ?? {}) as Record<string, Typed>,
    interval: body.interval ?? 0,
    start: body.start ?? "",
    end: body.end ?? "",
    fill: body.fill ?? "next_open",
    prices: body.prices ?? "raw",
  };
}

/** The request that a stored backtest of one stock came from. */
export function bodyOfReport(report: StoredReport): Backtest {
  const pinned = (report.pinned["params"] ?? {}) as Record<string, unknown>;
  return {
    symbol: report.symbol,
    strategy: report.strategy,
    params: report.params,
    interval: report.interval,
    cash: report.initial_balance,
    ...rulesOf(pinned),
    ...Object.fromEntries(["start", "end", "fill", "prices"].flatMap((name) => (typeof pinned[name] === "string" ? [[name, pinned[name]]] : []))),
  };
}

/** The request of one combination of a sweep: its settings are parameters of the strategy or rules. */
export function bodyOfCombination(asked: Record<string, unknown>, symbol: string, settings: Record<string, unknown>): Backtest {
  const entries = Object.entries(settings);
  const params = Object.fromEntries(entries.filter(([name]) => !(name in OF_RULE)));
  const rules = Object.fromEntries(entries.filter(([name]) => name in OF_RULE));
  const text = (name: string) => (typeof asked[name] === "string" ? { [name]: asked[name] } : {});
  return {
    symbol,
    strategy: String(asked["strategy"]),
    params: { ...(asked["params"] as object), ...params },
    interval: Number(asked["interval"]),
    cash: Number(asked["cash"]),
    ...rulesOf({ ...(asked["rules"] as object), ...rules }),
    ...text("start"),
    ...text("end"),
    ...text("fill"),
    ...text("prices"),
  };
}

/** What stands in an address, where it is the settings of a backtest; the server checks the values. */
export function handedOver(search: Record<string, unknown>): { settings?: Backtest } {
  const given = search["settings"];
  return given !== null && typeof given === "object" && !Array.isArray(given) ? { settings: given } : {};
}

function rulesOf(rules: Record<string, unknown>): Partial<Backtest> {
  return Object.fromEntries(Object.entries(rules).flatMap(([name, value]) => {
    const short = OF_RULE[name];
    return short && value !== null ? [[short, value]] : [];
  }));
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
