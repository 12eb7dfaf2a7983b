import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { DataTable, Instead, type Column, type Sorting } from "@/components/DataTable";
import { Price } from "@/components/Money";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import type { Order, OrderPage } from "@/lib/api/schema";

import classes from "./Trades.module.css";

interface OrderTableProps {
  orders: UseQueryResult<OrderPage>;
  onPage: (page: number) => void;
  empty: { title: string; words?: string; action?: ReactNode };
  sorting?: Sorting;
  onSort?: (sorting: Sorting) => void;
  serviceCell?: (order: Order) => ReactNode;
  onChoose?: (order: Order) => void;
}

const KINDS: Record<string, string> = { ENTRY: "Entry", EXIT: "Exit", STOP: "Stop-loss", TARGET: "Take-profit", MANUAL: "By hand" };

/** What was asked of brokers, and what became of it. */
export function OrderTable({ orders, onPage, empty, sorting, onSort, serviceCell, onChoose }: OrderTableProps) {
  const { data, error, refetch } = orders;
  return (
    <DataTable
      label="Orders"
      columns={[...(serviceCell ? [{ key: "service_id", header: "Service", cell: serviceCell }] : []), ...COLUMNS]}
      rows={data?.items}
      unreadable={data?.unreadable}
      rowKey={(order) => order.id}
      error={error}
      retry={() => void refetch()}
      {...(data ? { pagination: data.pagination } : {})}
      onPage={onPage}
      {...(sorting ? { sorting } : {})}
      {...(onSort ? { onSort } : {})}
      {...(onChoose ? { onChoose } : {})}
      empty={empty}
    />
  );
}

const COLUMNS: Column<Order>[] = [
  { key: "id", header: "No.", sortable: true, from: "roomy", cell: (order) => <span className="numeric faint">{order.id}</span> },
  { key: "side", header: "Side", sortable: true, cell: (order) => <strong>{order.side === "BUY" ? "Buy" : "Sell"}</strong> },
  { key: "kind", header: "Kind", sortable: true, from: "roomy", cell: (order) => KINDS[order.kind] ?? order.kind },
  {
    key: "state",
    header: "State",
    sortable: true,
    cell: (order) => (
      <>
        <StateBadge state={order.state} />
        <Instead without="roomy">
          {order.filled_shares.toLocaleString("en-US")} of {order.shares.toLocaleString("en-US")}
        </Instead>
      </>
    ),
  },
  { key: "shares", header: "Filled", align: "end", from: "roomy", cell: (order) => <span className="numeric">{order.filled_shares.toLocaleString("en-US")} / {order.shares.toLocaleString("en-US")}</span> },
  { key: "limit_price", header: "Limit", align: "end", sortable: true, from: "roomy", cell: (order) => <Price value={order.limit_price} /> },
  { key: "bar_time", header: "Bar", sortable: true, cell: (order) => <Time value={order.bar_time ?? order.created_at} /> },
  { key: "reason", header: "Because", from: "wide", cell: (order) => <span className={classes.why} title={order.reason ?? undefined}>{order.reason}</span> },
];
