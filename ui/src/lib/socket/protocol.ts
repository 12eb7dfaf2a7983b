import type { Decision, Job, Metrics, OrderWithFills, Service, Stock, Transaction, User } from "@/lib/api/schema";

/** The bar of a price event, as REST shows it: a daily one has a date, another one a moment and its interval in minutes. */
export interface PriceBar {
  symbol: string;
  interval?: number;
  open_price: number | null;
  high_price: number | null;
  low_price: number | null;
  close_price: number | null;
  volume: number | null;
  change: number | null;
  change_percent: number | null;
  price_date?: string;
  timestamp?: string;
}

export interface Notification {
  severity: "info" | "warning" | "error" | "critical";
  source: string;
  message: string;
}

/** What the socket tells, by its name. */
export interface LiveEvents {
  "service:update": Service;
  "service:state_change": Service;
  "decision:new": Decision;
  "order:update": OrderWithFills;
  "transaction:new": Transaction;
  "transaction:update": Transaction;
  "transaction:complete": Transaction;
  "price:update": PriceBar;
  "stock:update": Stock;
  "user:update": User;
  "job:update": Job;
  "metrics:update": Metrics & { service_id: number };
  "system:notification": Notification;
}

export type LiveName = keyof LiveEvents;

export interface Envelope<Name extends LiveName = LiveName> {
  event: Name;
  action: "created" | "updated" | "deleted";
  entity: LiveEvents[Name];
  timestamp: string;
  sequence: number;
}

/** The minutes of a bar, 0 for a daily one. */
export function barMinutes(bar: PriceBar): number {
  return bar.interval ?? 0;
}

/** When a bar began. */
export function barTime(bar: PriceBar): string | null {
  return bar.timestamp ?? (bar.price_date ? `${bar.price_date}T00:00:00Z` : null);
}
