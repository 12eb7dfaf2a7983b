import { useQuery } from "@tanstack/react-query";

import { StateBadge } from "@/components/StateBadge";
import { listOrders } from "@/lib/api/orders/listOrders";
import type { Order } from "@/lib/api/schema";
import { formatPrice } from "@/lib/format/money";

import classes from "./ServicePage.module.css";

const LAST = { sort: "id", order: "desc", page_size: 10 } as const;
const LIVE = new Set<Order["state"]>(["PENDING", "SUBMITTING", "ACCEPTED", "PARTIALLY_FILLED"]);
/** They guard a position for as long as it is held, and stand as its stop and target. */
const GUARDS = new Set<Order["kind"]>(["STOP", "TARGET"]);

/** What was ordered and is not done yet: it fills at the next open, or when the broker says so. */
export function OrdersUnderWay({ serviceId }: { serviceId: number }) {
  const orders = useQuery(listOrders({ service_id: serviceId, ...LAST })).data?.items ?? [];
  const underWay = orders.filter((order) => LIVE.has(order.state) && !GUARDS.has(order.kind));
  if (underWay.length === 0) return null;
  return (
    <ul className={classes.underWay} aria-label="Orders under way">
      {underWay.map((order) => (
        <li key={order.id}>
          <span>{words(order)}</span> <StateBadge state={order.state} />
        </li>
      ))}
    </ul>
  );
}

function words({ side, shares, filled_shares: filled, limit_price: limit, kind }: Order): string {
  const act = `${side === "BUY" ? "Buy" : "Sell"} ${shares.toLocaleString("en-US")}`;
  const price = limit === null ? "" : ` at ${side === "BUY" ? "most" : "least"} ${formatPrice(limit)}`;
  const done = filled > 0 ? `, ${filled.toLocaleString("en-US")} filled` : "";
  return `${act}${price}${kind === "MANUAL" ? ", by hand" : ""}${done}`;
}
