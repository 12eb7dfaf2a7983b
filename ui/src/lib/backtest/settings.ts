import type { Backtest, StoredReport } from "@/lib/api/schema";

// The settings of a backtest while they are typed, what they become for the server, and what is handed from page to page.

export type Typed = number | "";

/** How much one buy uses, and what ends a position before the strategy does. */
export interface Protected {
  /** Percent of the spendable cash; the server takes a fraction. */
  allocation: Typed;
  stop_loss: Typed;
  take_profit: Typed;
}

/** What is traded, by what, how much of it and with which protection. */
export interface Traded extends Protected {
  symbol: string;
  strategy: string;
  params: Record<string, Typed>;
}

/** The money, what an order may not use of it, and what trading costs. */
export interface Limits {
  cash: Typed;
  shares: Typed;
  minimum_balance: Typed;
  gap_reserve: Typed;
  commission_per_order: Typed;
  commission_per_share: Typed;
  commission_percent: Typed;
  commission_minimum: Typed;
  slippage_bps: Typed;
  /** Percent of a bar's volume that one fill takes; empty: no limit. */
  volume_limit: Typed;
}

export interface MemberSettings extends Traded {
  /** Cash of its own; empty where it shares the rest. */
  budget: Typed;
}

export interface RunSettings extends Traded, Limits {
  interval: number;
  start: string;
  end: string;
  fill: "next_open" | "close";
  prices: "raw" | "adjusted";
  /** Several stocks on one budget, in the order in which they act; none: the one stock above. */
  members: MemberSettings[];
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
  volume_limit: "",
  fill: "next_open",
  prices: "raw",
  members: [],
};

/** Rules that every member of a portfolio shares in this form. */
const RULES = [
  "shares",
  "minimum_balance",
  "gap_reserve",
  "commission_per_order",
  "commission_per_share",
  "commission_percent",
  "commission_minimum",
  "slippage_bps",
  "volume_limit",
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
  volume_limit_percent: "volume_limit",
};

const OWN = new Set(["allocation", "stop_loss_percent", "take_profit_percent"]);

/** What the server is given; what was left empty is left to it. */
export function toBody(settings: RunSettings): Backtest {
  const { interval, start, end, fill, prices, members } = settings;
  const span = { interval, fill, prices, ...filled({ cash: settings.cash }), ...(start ? { start } : {}), ...(end ? { end } : {}) };
  const rules = filled(Object.fromEntries(RULES.map((name) => [name, settings[name]])));
  if (members.length === 0) return { ...span, ...rules, ...traded(settings) };
  return { ...span, members: members.map((member) => ({ ...rules, ...traded(member), ...filled({ budget: member.budget }) })) };
}

function traded({ symbol, strategy, params, allocation, stop_loss, take_profit }: Traded) {
  return { symbol, strategy, params: filled(params), ...filled({ allocation: fractionOf(allocation), stop_loss, take_profit }) };
}

/** What was not left empty. */
export function filled(typed: Record<string, Typed>): Record<string, number> {
  return Object.fromEntries(Object.entries(typed).filter((entry): entry is [string, number] => entry[1] !== ""));
}

/** The form of settings that came from another page; what they do not name is at its default. */
export function fromBody(body: Backtest): RunSettings {
  const members = (body.members ?? []).map((known) => ({ ...tradedOf(known), budget: typeof known["budget"] === "number" ? known["budget"] : ("" as const) }));
  const ruled = (body.members?.[0] ?? body) as Record<string, unknown>;
  return {
    ...DEFAULTS,
    ...numbersOf(ruled, RULES),
    ...numbersOf({ ...body }, ["cash"]),
    ...tradedOf({ ...body }),
    members,
    interval: body.interval ?? 0,
    start: body.start ?? "",
    end: body.end ?? "",
    fill: body.fill ?? "next_open",
    prices: body.prices ?? "raw",
  };
}

function tradedOf(known: Record<string, unknown>): Traded {
  return {
    symbol: typeof known["symbol"] === "string" ? known["symbol"] : "",
    strategy: typeof known["strategy"] === "string" ? known["strategy"] : DEFAULTS.strategy,
    params: (known["params"] ?? {}) as Record<string, Typed>,
    allocation: typeof known["allocation"] === "number" ? percentOf(known["allocation"]) : DEFAULTS.allocation,
    stop_loss: typeof known["stop_loss"] === "number" ? known["stop_loss"] : DEFAULTS.stop_loss,
    take_profit: typeof known["take_profit"] === "number" ? known["take_profit"] : DEFAULTS.take_profit,
  };
}

/** What a member begins with. */
export function newMember(symbol: string): MemberSettings {
  return { ...tradedOf({ symbol }), budget: "" };
}

function numbersOf(known: Record<string, unknown>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.flatMap((name) => (typeof known[name] === "number" ? [[name, known[name]]] : [])));
}

/** The request that a stored backtest came from; null where its members follow rules that this form has no room for. */
export function bodyOfReport(report: StoredReport): Backtest | null {
  const pinned = (report.pinned["params"] ?? {}) as Record<string, unknown>;
  const span = { interval: report.interval, cash: report.initial_balance };
  const members = (pinned["members"] ?? []) as Record<string, unknown>[];
  const [first] = members;
  if (!first) return { ...span, symbol: report.symbol, strategy: report.strategy, params: report.params, ...rulesOf(pinned), ...periodOf(pinned) };
  const shared = Object.keys(OF_RULE).filter((name) => !OWN.has(name));
  if (members.some((member) => shared.some((name) => member[name] !== first[name]))) return null;
  return {
    ...span,
    ...periodOf(first),
    members: members.map((member, row) => ({
      ...rulesOf(member),
      symbol: member["symbol"],
      strategy: member["strategy"],
      params: report.members?.[row]?.params ?? {},
      ...(typeof member["budget"] === "number" ? { budget: member["budget"] } : {}),
    })),
  };
}

function periodOf(pinned: Record<string, unknown>): Partial<Backtest> {
  return Object.fromEntries(["start", "end", "fill", "prices"].flatMap((name) => (typeof pinned[name] === "string" ? [[name, pinned[name]]] : [])));
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

/** 0.33 for 33 percent. */
export function fractionOf(percent: Typed): Typed {
  return percent === "" ? "" : rounded(percent / 100);
}

/** 33 for 0.33. */
export function percentOf(fraction: number): number {
  return rounded(fraction * 100);
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
