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
  /** Combinations one by one instead, a line each: "fast 5, slow 20". */
  lines: string | null;
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

/** Two combinations to begin a list with: the lowest and the highest values. */
export function linesOf(axes: Axis[]): string {
  const ends = axes.map((axis) => [axis.name, valuesOf(axis) ?? [0]] as const);
  return [0, -1].map((end) => ends.map(([name, values]) => `${name} ${values.at(end)}`).join(", ")).join("\n");
}

/** Combinations that stand one a line, settings with their values; null where a line is none. */
export function rowsOf(lines: string): Record<string, number>[] | null {
  const rows = lines.split("\n").map((line) => line.trim()).filter(Boolean).map(rowOf);
  return rows.length > 0 && rows.every((row) => row !== null) ? rows : null;
}

function rowOf(line: string): Record<string, number> | null {
  const found = line.split(",").map((part) => /^\s*(\w+)\s*[=:\s]\s*(-?[\d.]+)\s*%?\s*$/.exec(part));
  const entries = found.map((match) => [match?.[1] ?? "", Number(match?.[2] ?? Number.NaN)] as const);
  return entries.every(([name, value]) => name !== "" && Number.isFinite(value)) ? Object.fromEntries(entries) : null;
}

/** The request; null while something is missing. */
export function toSweep(search: Search): SweepInput | null {
  const { settings, symbols, metric, walk } = search;
  const space = spaceOf(search);
  if (symbols.length === 0 || space === null) return null;
  const { params, ...fixed } = toBody(settings);
  const without = <T,>(given: Record<string, T>) => Object.fromEntries(Object.entries(given).filter(([name]) => name !== "symbol" && !space.varied.has(name)));
  return {
    ...without(fixed),
    params: without(params ?? {}),
    ...(symbols.length === 1 ? { symbol: symbols[0] ?? "" } : { symbols }),
    ...space.asked,
    metric,
    walk_forward: walk === null || walk.train === "" || walk.test === "" ? null : walk,
  };
}

interface Space {
  varied: Set<string>;
  asked: Pick<SweepInput, "grid" | "random" | "draws" | "combinations">;
}

/** What is searched; null while something is missing. */
function spaceOf({ axes, draws, lines }: Search): Space | null {
  if (lines !== null) {
    const rows = rowsOf(lines);
    return rows && { varied: new Set(rows.flatMap((row) => Object.keys(row))), asked: { combinations: rows.map((row) => mapped(row, scaled)) } };
  }
  const sets = axes.map((axis) => [axis.name, valuesOf(axis)] as const);
  const varied = new Set(axes.map((axis) => axis.name));
  if (axes.length === 0 || varied.size < axes.length || draws === "") return null;
  const known = sets.flatMap(([name, values]) => (values === null ? [] : [[name, values.map((value) => scaled(value, name))] as const]));
  if (known.length < sets.length) return null;
  const grid = Object.fromEntries(known);
  return draws === null
    ? { varied, asked: { grid } }
    : { varied, asked: { random: mapped(grid, (values) => [Math.min(...values), Math.max(...values)]), draws } };
}

/** The server takes a fraction where people say percent. */
function scaled(value: number, name: string): number {
  return name === "allocation" ? tidied(value / 100) : value;
}

function mapped<A, B>(given: Record<string, A>, change: (value: A, name: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, change(value, name)]));
}

function tidied(value: number): number {
  return Math.round(value * DECIMALS) / DECIMALS;
}
