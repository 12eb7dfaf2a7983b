import type { Backtest, Service, ServiceInput, Strategy } from "@/lib/api/schema";

// The settings of a service while they are typed, and what they become for the server.

export type Typed = number | "";

export interface Settings {
  name: string;
  stock_symbol: string;
  strategy: string;
  strategy_params: Record<string, Typed>;
  interval: number;
  initial_balance: Typed;
  minimum_balance: Typed;
  /** Percent of the spendable cash; the server takes a fraction. */
  allocation: Typed;
  fixed_shares: Typed;
  buy_threshold: Typed;
  sell_threshold: Typed;
  stop_loss_percent: Typed;
  take_profit_percent: Typed;
  commission_per_order: Typed;
  commission_per_share: Typed;
  commission_percent: Typed;
  commission_minimum: Typed;
  slippage_bps: Typed;
  gap_reserve_percent: Typed;
  keep_protection: boolean;
}

/** What a new service begins with: the server's own defaults, written out so that they can be seen. */
export const DEFAULTS: Settings = {
  name: "",
  stock_symbol: "",
  strategy: "technical",
  strategy_params: {},
  interval: 0,
  initial_balance: 10_000,
  minimum_balance: 0,
  allocation: 50,
  fixed_shares: "",
  buy_threshold: 3,
  sell_threshold: 2,
  stop_loss_percent: 5,
  take_profit_percent: 10,
  commission_per_order: 0,
  commission_per_share: 0,
  commission_percent: 0,
  commission_minimum: 0,
  slippage_bps: 5,
  gap_reserve_percent: 3,
  keep_protection: true,
};

const NUMBERS = [
  "minimum_balance",
  "buy_threshold",
  "sell_threshold",
  "stop_loss_percent",
  "take_profit_percent",
  "commission_per_order",
  "commission_per_share",
  "commission_percent",
  "commission_minimum",
  "slippage_bps",
  "gap_reserve_percent",
] as const;

/** The settings of a service that there is. */
export function settingsOf(service: Service): Settings {
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, service[name]])) as Pick<Settings, (typeof NUMBERS)[number]>;
  return {
    ...DEFAULTS,
    ...numbers,
    name: service.name,
    stock_symbol: service.stock_symbol,
    strategy: service.strategy,
    strategy_params: service.strategy_params as Record<string, Typed>,
    interval: service.interval,
    initial_balance: service.initial_balance,
    allocation: round(service.allocation_percent * 100),
    fixed_shares: service.fixed_shares ?? "",
    keep_protection: service.keep_protection,
  };
}

/** The settings of a new service that trades as a backtest did. */
export function settingsOfBacktest(body: Backtest): Settings {
  const rules = body as Record<string, unknown>;
  const named = { stop_loss_percent: "stop_loss", take_profit_percent: "take_profit", gap_reserve_percent: "gap_reserve", fixed_shares: "shares", initial_balance: "cash" };
  const numbers = [...NUMBERS, ...(Object.keys(named) as (keyof typeof named)[])].flatMap((name) => {
    const value = rules[name in named ? named[name as keyof typeof named] : name] ?? (body.params ?? {})[name];
    return typeof value === "number" ? [[name, value]] : [];
  });
  return {
    ...DEFAULTS,
    ...(Object.fromEntries(numbers) as Partial<Settings>),
    ...(typeof body.allocation === "number" ? { allocation: round(body.allocation * 100) } : {}),
    stock_symbol: body.symbol ?? "",
    strategy: body.strategy ?? DEFAULTS.strategy,
    strategy_params: (body.params ?? {}) as Record<string, Typed>,
    interval: body.interval ?? 0,
  };
}

/** What the server is given for a service. */
export function toService(settings: Settings): ServiceInput {
  return {
    ...numbersOf(settings),
    name: settings.name.trim(),
    stock_symbol: settings.stock_symbol,
    strategy: settings.strategy,
    strategy_params: given(settings.strategy_params),
    interval: settings.interval,
    initial_balance: Number(settings.initial_balance),
    ...(settings.allocation === "" ? {} : { allocation_percent: round(settings.allocation / 100) }),
    fixed_shares: settings.fixed_shares === "" ? null : settings.fixed_shares,
    keep_protection: settings.keep_protection,
  };
}

/** The backtest of exactly these settings. */
export function toBacktest(settings: Settings, start: string | null): Backtest {
  const { stop_loss_percent: stop, take_profit_percent: target, gap_reserve_percent: gap, ...rest } = numbersOf(settings);
  const isTechnical = settings.strategy === "technical";
  const { buy_threshold: buy, sell_threshold: sell, ...others } = rest;
  return {
    ...others,
    ...(isTechnical && buy !== undefined ? { buy_threshold: buy } : {}),
    ...(isTechnical && sell !== undefined ? { sell_threshold: sell } : {}),
    symbol: settings.stock_symbol,
    strategy: settings.strategy,
    params: given(settings.strategy_params),
    interval: settings.interval,
    cash: Number(settings.initial_balance),
    ...(settings.allocation === "" ? {} : { allocation: round(settings.allocation / 100) }),
    ...(settings.fixed_shares === "" ? {} : { shares: settings.fixed_shares }),
    ...(stop === undefined ? {} : { stop_loss: stop }),
    ...(target === undefined ? {} : { take_profit: target }),
    ...(gap === undefined ? {} : { gap_reserve: gap }),
    ...(start === null ? {} : { start }),
  };
}

/** Whether there is enough to run a backtest. */
export function isTestable(settings: Settings): boolean {
  return settings.stock_symbol !== "" && typeof settings.initial_balance === "number" && settings.initial_balance > 0;
}

/** A strategy's parameters at their defaults. */
export function defaultsOf(strategy: Strategy | undefined): Record<string, Typed> {
  return Object.fromEntries((strategy?.parameters ?? []).map((parameter) => [parameter.name, parameter.default]));
}

function numbersOf(settings: Settings): Partial<Record<(typeof NUMBERS)[number], number>> {
  return Object.fromEntries(NUMBERS.flatMap((name) => (settings[name] === "" ? [] : [[name, settings[name]]])));
}

function given(params: Record<string, Typed>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== ""));
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
