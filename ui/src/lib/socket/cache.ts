import type { QueryClient, QueryKey } from "@tanstack/react-query";

import { keys } from "@/lib/api/keys";
import type { DecisionPage, Job, Latest, Portfolio, Service, Transaction } from "@/lib/api/schema";

import { live } from "./live";
import { barMinutes, barTime, type Envelope, type PriceBar } from "./protocol";

/**
 * What events change in the cache. An object that is shown is replaced where it stands, so that nothing jumps; lists
 * that may have gained or lost a row are asked again, at most once in a while however many events arrive.
 */

const PATIENCE_MILLISECONDS = 1500;

const CHANGED_BY_PRICES = [keys.stocks.all, keys.prices.all];

interface Page {
  items: { id: number }[];
  pagination: object;
}

export function keepCurrent(client: QueryClient): () => void {
  const soon = new Soon(client);
  const stops = [
    live.on("service:update", (event) => onService(client, soon, event)),
    live.on("service:state_change", (event) => onService(client, soon, event)),
    live.on("transaction:new", ({ entity }) => onTransaction(client, soon, entity)),
    live.on("transaction:update", ({ entity }) => onTransaction(client, soon, entity)),
    live.on("transaction:complete", ({ entity }) => onTransaction(client, soon, entity)),
    live.on("order:update", () => {
      soon.ask(keys.orders.all);
      soon.ask(keys.risk.all);
    }),
    live.on("system:notification", () => soon.ask(keys.risk.all)),
    live.on("decision:new", ({ entity }) => {
      soon.ask(keys.portfolio);
      client.setQueryData<Portfolio>(keys.portfolio, (portfolio) =>
        portfolio && {
          ...portfolio,
          services: portfolio.services.map((held) =>
            held.service_id === entity.service_id ? { ...held, last_decision: entity } : held,
          ),
        },
      );
      for (const [key, page] of client.getQueriesData<DecisionPage>({ queryKey: keys.services.decisions(entity.service_id) })) {
        if (page) soon.ask(key);
      }
    }),
    live.on("metrics:update", ({ entity: { service_id: id, ...metrics } }) => {
      client.setQueryData(keys.services.metrics(id), metrics);
      soon.ask(keys.services.equity(id));
    }),
    live.on("price:update", ({ entity }) => onPrice(client, entity)),
    live.on("stock:update", () => soon.ask(keys.stocks.all)),
    live.on("job:update", ({ entity }) => {
      client.setQueryData(keys.jobs.one(entity.id), (known: object | undefined) => ({ errors: [] as unknown[], ...known, ...withoutErrors(entity) }));
      soon.ask([...keys.jobs.all, "list"]);
      if (entity.finished_at) {
        soon.ask(keys.jobs.one(entity.id)); // events leave out which rows were refused
        if (entity.kind.endsWith("_prices")) CHANGED_BY_PRICES.forEach((key) => soon.ask(key));
      }
      if (entity.kind === "sweep") soon.ask(keys.sweeps.lists);
      if (entity.kind === "backtest") soon.ask(keys.backtests.lists);
    }),
    live.onMissed(() => void client.invalidateQueries()),
  ];
  return () => {
    stops.forEach((stop) => stop());
    soon.forget();
  };
}

/** Events leave the row errors out, which may be thousands: those that are known stay. */
function withoutErrors(job: Job): Partial<Job> {
  return Object.fromEntries(Object.entries(job).filter(([name]) => name !== "errors"));
}

function onService(client: QueryClient, soon: Soon, { entity, action }: Envelope<"service:update" | "service:state_change">): void {
  if (action !== "updated") soon.ask(keys.services.lists);
  if (action === "deleted") client.removeQueries({ queryKey: keys.services.one(entity.id) });
  else client.setQueryData<Service>(keys.services.one(entity.id), entity);
  replaceInPages(client, keys.services.lists, entity);
  soon.ask(keys.portfolio);
}

function onTransaction(client: QueryClient, soon: Soon, entity: Transaction): void {
  replaceInPages(client, keys.transactions.lists, entity);
  soon.ask(keys.transactions.all);
  soon.ask(keys.portfolio);
}

function onPrice(client: QueryClient, bar: PriceBar): void {
  const timestamp = barTime(bar);
  if (!timestamp) return;
  client.setQueryData<Latest>(keys.prices.latest(bar.symbol), (known) => {
    if (!known) return known;
    const interval = barMinutes(bar);
    const latest = {
      interval,
      timestamp,
      open: bar.open_price,
      high: bar.high_price,
      low: bar.low_price,
      close: bar.close_price,
      volume: bar.volume,
    };
    const older = known.items.find((item) => item.interval === interval);
    if (older && older.timestamp > timestamp) return known;
    return { ...known, items: [...known.items.filter((item) => item.interval !== interval), latest] };
  });
}

function replaceInPages(client: QueryClient, lists: QueryKey, entity: { id: number }): void {
  client.setQueriesData<Page>({ queryKey: lists }, (page) => {
    if (!page?.items.some((item) => item.id === entity.id)) return page;
    return { ...page, items: page.items.map((item) => (item.id === entity.id ? entity : item)) };
  });
}

/** Ask again for what is stale, but not for every event. */
class Soon {
  private readonly due = new Map<string, QueryKey>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly client: QueryClient) {}

  ask(key: QueryKey): void {
    this.due.set(JSON.stringify(key), key);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const keysDue = [...this.due.values()];
      this.due.clear();
      for (const queryKey of keysDue) void this.client.invalidateQueries({ queryKey });
    }, PATIENCE_MILLISECONDS);
  }

  forget(): void {
    if (this.timer) clearTimeout(this.timer);
    this.due.clear();
  }
}
