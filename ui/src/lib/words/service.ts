import type { Service } from "@/lib/api/schema";

// What a service is about, in the words of a person.

const STRATEGIES: Record<string, string> = {
  technical: "Technical signals",
  sma_cross: "Moving-average cross",
  sma_trend: "Trend following",
  buy_and_hold: "Buy and hold",
  rsi_reversion: "RSI reversion",
  bollinger_reversion: "Bollinger reversion",
  breakout: "Breakout",
  macd: "MACD",
};

/** A strategy's name as a title. */
export function strategyTitle(name: string): string {
  return STRATEGIES[name] ?? name.replaceAll("_", " ");
}

/** An interval in words. */
export function intervalTitle(minutes: number): string {
  return minutes === 0 ? "Daily" : minutes === 60 ? "1 hour" : `${minutes} min`;
}

/** What the service is doing now, in a few words. */
export function waitsFor(service: Service): string {
  if (service.state === "ERROR") return service.error_reason ?? "stopped by an error";
  if (service.state === "INACTIVE") return service.current_shares > 0 ? "stopped, position unprotected" : "not trading";
  if (service.state === "PAUSED") return service.current_shares > 0 && service.keep_protection ? "paused, stop-loss in force" : "paused";
  if (service.mode === "HOLD") return "holding, takes no signal";
  return service.mode === "SELL" ? "waits to sell" : "waits to buy";
}

/** Its state as a word: who never began has not stopped. */
export function stateWord(service: Service): string | undefined {
  return service.state === "INACTIVE" && service.last_bar_time === null ? "Not started" : undefined;
}

/** Whether a position is held that no stop guards: paused, on hold or in error, a service keeps the stop unless told otherwise. */
export function isUnprotected(service: Service): boolean {
  if (service.current_shares === 0) return false;
  const takesSignals = service.state === "ACTIVE" && service.mode !== "HOLD";
  return service.state === "INACTIVE" || (!takesSignals && !service.keep_protection);
}
