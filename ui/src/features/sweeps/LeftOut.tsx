import type { LeftOut as Stock } from "@/lib/api/schema";

import classes from "./Sweeps.module.css";

/** Those of several stocks that are not searched on, each with the reason; nothing where that is none. */
export function LeftOut({ stocks }: { stocks: Stock[] }) {
  if (stocks.length === 0) return null;
  return <p className={classes.hint}>Left out: {stocks.map((stock) => `${stock.symbol} (${stock.reason})`).join(", ")}</p>;
}
