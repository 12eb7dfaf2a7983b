import type { Backtest, Service, ServiceInput, Strategy } from "@/lib/api/schema";
import { DEFAULTS as OF_A_RUN, filled, fractionOf, fromBody, percentOf, toBody, type Limits, type Traded, type Typed } from "@/lib/backtest/settings";

// The settings of a service while they are typed, and what they become for the server.

/** Named as those of a backtest: what is typed here is tested under the same names. */
export interface Settings extends Traded, Limits {
  name: string;
  interval: number;
  keep_protection: boolean;
}

/** What a new service begins with: the server's own defaults, written out so that they can be seen. */
export const DEFAULTS: Settings = { ...OF_A_RUN, name: "", keep_protection: true };
/** Of a run that knows what the engine knows. */
const AS_TRADED = { fill: "next_open", prices: "raw" } as const;

const COSTS = ["minimum_balance", "commission_per_order", "commission_per_share", "commission_percent", "commission_minimum", "slippage_bps"] as const;
/** Parameters of the strategy `technical` for which a service has columns of its own. */
const THRESHOLDS = ["buy_threshold", "sell_threshold"] as const;
/** What a service calls what a backtest calls otherwise. */
const OF_SERVICE: Record<string, keyof Settings> = {
  stock_symbol: "symbol",
  initial_balance: "cash",
  allocation_percent: "allocation",
  fixed_shares: "shares",
  stop_loss_percent: "stop_loss",
  take_profit_percent: "take_profit",
  gap_reserve_percent: "gap_reserve",
  volume_limit_percent: "volume_limit",
  strategy_params: "params",
};

/** The settings of a service that there is. */
export function settingsOf(service: Service): Settings {
  const { name, strategy, interval, keep_protection } = service;
  return {
    ...picked(service, COSTS),
    name,
    strategy,
    interval,
    keep_protection,
    symbol: service.stock_symbol,
    params: { ...(service.strategy_params as Record<string, Typed>), ...(strategy === "technical" ? picked(service, THRESHOLDS) : {}) },
    cash: service.initial_balance,
    allocation: percentOf(service.allocation_percent),
    shares: service.fixed_shares ?? "",
    stop_loss: service.stop_loss_percent,
    take_profit: service.take_profit_percent,
    gap_reserve: service.gap_reserve_percent,
    volume_limit: service.volume_limit_percent ?? "",
  };
}

/** The settings of a new service that trades as a backtest did. */
export function settingsOfBacktest(body: Backtest): Settings {
  return { ...DEFAULTS, ...fromBody(body) };
}

/** What the server is given for a service; what was left empty is left to it. */
export function toService(settings: Settings): ServiceInput {
  const { strategy, params, stop_loss, take_profit, gap_reserve } = settings;
  const isThreshold = ([name]: [string, unknown]) => strategy === "technical" && (THRESHOLDS as readonly string[]).includes(name);
  const given = Object.entries(filled(params));
  return {
    name: settings.name.trim(),
    stock_symbol: settings.symbol,
    strategy,
    strategy_params: Object.fromEntries(given.filter((entry) => !isThreshold(entry))),
    ...Object.fromEntries(given.filter(isThreshold)),
    interval: settings.interval,
    initial_balance: Number(settings.cash),
    ...filled({
      ...picked(settings, COSTS),
      allocation_percent: fractionOf(settings.allocation),
      stop_loss_percent: stop_loss,
      take_profit_percent: take_profit,
      gap_reserve_percent: gap_reserve,
    }),
    fixed_shares: settings.shares === "" ? null : settings.shares,
    volume_limit_percent: settings.volume_limit === "" ? null : settings.volume_limit,
    keep_protection: settings.keep_protection,
  };
}

/** The backtest of exactly these settings from *start* to *end*, both included; empty: of all prices. */
export function toBacktest(settings: Settings, start = "", end = ""): Backtest {
  return toBody({ ...settings, ...AS_TRADED, members: [], start, end });
}

/** What the server refused of a service, under the names of the form. */
export function namedAsTyped(errors: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(errors).map(([name, why]) => [OF_SERVICE[name] ?? name, why]));
}

/** Whether there is enough to run a backtest. */
export function isTestable(settings: Settings): boolean {
  return settings.symbol !== "" && typeof settings.cash === "number" && settings.cash > 0;
}

/** A strategy's parameters at their defaults. */
export function defaultsOf(strategy: Strategy | undefined): Record<string, Typed> {
  return Object.fromEntries((strategy?.parameters ?? []).map((parameter) => [parameter.name, parameter.default]));
}

function picked<Name extends string>(from: Record<Name, Typed>, names: readonly Name[]): Record<Name, Typed> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Record<Name, Typed>;
}
