import type { Parameter, Strategy, SweepInput } from "@/lib/api/schema";
import { toBody, type RunSettings, type Typed } from "@/lib/backtest/settings";

// What a sweep varies, while it is typed, and what it becomes for the server.

export interface Axis {
  name: string;
  from: Typed;
  to: Typed;
  step: Typed;
  /** Values one by one, where it is no range: "0, 3, 5". */
  list: string | null;
}

export interface Search {
  settings: RunSettings;
  symbols: string[];
  axes: Axis[];
  metric: NonNullable<SweepInput["metric"]>;
  /** Random draws instead of every combination. */
  draws: Typed | null;
  walk: { mode: "rolling" | "anchored"; train: Typed; test: Typed } | null;
}

/** Rules that a sweep may vary beside the strategy's parameters. */
export const RULES = ["stop_loss", "take_profit", "allocation", "gap_reserve", "slippage_bps"] as const;

const DECIMALS = 1e6;

/** A range around the default of a parameter: wide enough to show where it stops working. */
export function axisOf(parameter: Parameter): Axis {
  const isWhole = parameter.type === "integer";
  const tidy = (value: number) => (isWhole ? Math.round(value) : Math.round(value * 10) / 10);
  const from = Math.max(parameter.minimum, tidy(parameter.default / 2));
  const to = Math.min(parameter.maximum, Math.max(tidy(parameter.default * 2), from + (isWhole ? 4 : 0.4)));
  return { name: parameter.name, from, to, step: Math.max(isWhole ? 1 : 0.1, tidy((to - from) / 10)), list: null };
}

/** A range of a rule. */
export function axisOfRule(name: string): Axis {
  return name === "allocation" ? { name, from: 25, to: 100, step: 25, list: null } : { name, from: 0, to: 10, step: 2, list: null };
}

/** What a strategy's sweep begins with: its first two parameters, and the stop-loss where it has fewer. */
export function axesOf(strategy: Strategy | undefined): Axis[] {
  const own = (strategy?.parameters ?? []).slice(0, 2).map(axisOf);
  return own.length < 2 ? [...own, axisOfRule("stop_loss")] : own;
}

/** The values of an axis; null where it is not one yet. */
export function valuesOf(axis: Axis): number[] | null {
  if (axis.list !== null) {
    const parts = axis.list.split(",").map((part) => part.trim()).filter(Boolean);
    const values = parts.map(Number);
    return values.length > 0 && values.every(Number.isFinite) ? values : null;
  }
  const { from, to, step } = axis;
  if (from === "" || to === "" || step === "" || step <= 0 || to < from) return null;
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  return Array.from({ length: count }, (_, number) => tidied(from + number * step));
}

/** The request; null while something is missing. */
export function toSweep(search: Search): SweepInput | null {
  const { settings, symbols, axes, metric, draws, walk } = search;
  const sets = axes.map((axis) => [axis, valuesOf(axis)] as const);
  if (symbols.length === 0 || axes.length === 0 || draws === "" || sets.some(([, values]) => values === null)) return null;
  const varied = new Set(axes.map((axis) => axis.name));
  if (varied.size < axes.length) return null;
  const { params, ...fixed } = toBody(settings);
  const rules = Object.fromEntries(Object.entries(fixed).filter(([name]) => name !== "symbol" && !varied.has(name)));
  const scale = (name: string, value: number) => (name === "allocation" ? tidied(value / 100) : value);
  const space =
    draws === null
      ? { grid: Object.fromEntries(sets.map(([axis, values]) => [axis.name, (values ?? []).map((value) => scale(axis.name, value))])) }
      : { random: Object.fromEntries(sets.map(([axis, values]) => [axis.name, [Math.min(...(values ?? [])), Math.max(...(values ?? []))].map((value) => scale(axis.name, value))])), draws };
  return {
    ...rules,
    params: Object.fromEntries(Object.entries(params ?? {}).filter(([name]) => !varied.has(name))),
    ...(symbols.length === 1 ? { symbol: symbols[0] ?? "" } : { symbols }),
    ...space,
    metric,
    walk_forward: walk === null || symbols.length > 1 || walk.train === "" || walk.test === "" ? null : walk,
  };
}

function tidied(value: number): number {
  return Math.round(value * DECIMALS) / DECIMALS;
}
