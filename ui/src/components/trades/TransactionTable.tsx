import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { DataTable, Instead, type Column, type Sorting } from "@/components/DataTable";
import { Gain, Money, Price } from "@/components/Money";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import type { Transaction, TransactionPage } from "@/lib/api/schema";

import { TransactionActions } from "./TransactionActions";
import classes from "./Trades.module.css";

interface TransactionTableProps {
  transactions: UseQueryResult<TransactionPage>;
  onPage: (page: number) => void;
  empty: { title: string; words?: string; action?: ReactNode };
  isOfOneService?: boolean;
  sorting?: Sorting;
  onSort?: (sorting: Sorting) => void;
  /** How a service is named and linked where rows are of many. */
  serviceCell?: (transaction: Transaction) => ReactNode;
}

/** Positions from buy to sell, what they came to, and what can be done with them. */
export function TransactionTable({ transactions, onPage, empty, isOfOneService, sorting, onSort, serviceCell }: TransactionTableProps) {
  const { data, error, refetch } = transactions;
  const columns = [
    ...(serviceCell && !isOfOneService ? [{ key: "service_id", header: "Service", cell: (transaction) => <Named transaction={transaction} name={serviceCell(transaction)} /> } satisfies Column<Transaction>] : []),
    ...(isOfOneService ? COLUMNS_OF_ONE : COLUMNS),
    { key: "actions", header: "Actions", isUnnamed: true, align: "end", cell: (transaction) => <TransactionActions transaction={transaction} /> } satisfies Column<Transaction>,
  ];
  return (
    <DataTable
      label="Transactions"
      columns={columns}
      rows={data?.items}
      unreadable={data?.unreadable}
      rowKey={(transaction) => transaction.id}
      error={error}
      retry={() => void refetch()}
      {...(data ? { pagination: data.pagination } : {})}
      onPage={onPage}
      {...(sorting ? { sorting } : {})}
      {...(onSort ? { onSort } : {})}
      empty={empty}
    />
  );
}

const COLUMNS: Column<Transaction>[] = [
  { key: "stock_symbol", header: "Stock", sortable: true, from: "roomy", cell: (transaction) => <strong>{transaction.stock_symbol}</strong> },
  {
    key: "state",
    header: "State",
    sortable: true,
    cell: (transaction) => (
      <div className={classes.two}>
        <StateBadge state={transaction.state} word={transaction.state === "CANCELLED" ? "Voided" : undefined} />
        {transaction.is_manual && <span className={classes.sub}>by hand</span>}
      </div>
    ),
  },
  { key: "shares", header: "Shares", align: "end", sortable: true, from: "roomy", cell: (transaction) => <span className="numeric">{transaction.shares.toLocaleString("en-US")}</span> },
  { key: "purchase_date", header: "Bought", sortable: true, from: "roomy", cell: (transaction) => <When at={transaction.purchase_date} why={transaction.entry_reason} /> },
  { key: "purchase_price", header: "Price", align: "end", sortable: true, from: "roomy", cell: (transaction) => <Price value={transaction.purchase_price} /> },
  { key: "sale_date", header: "Sold", sortable: true, from: "roomy", cell: (transaction) => (transaction.sale_date ? <When at={transaction.sale_date} why={transaction.exit_reason} /> : <span className="faint">–</span>) },
  { key: "sale_price", header: "Price", align: "end", sortable: true, from: "roomy", cell: (transaction) => <Price value={transaction.sale_price} /> },
  { key: "fees", header: "Fees", align: "end", from: "wide", cell: (transaction) => <Money value={transaction.buy_fee + transaction.sell_fee} /> },
  { key: "gain_loss", header: "Gain", align: "end", sortable: true, cell: (transaction) => <Gain value={transaction.gain_loss} /> },
];

const COLUMNS_OF_ONE: Column<Transaction>[] = COLUMNS.flatMap((column) => {
  if (column.key === "stock_symbol") return [];
  return column.key === "state" ? [{ ...column, cell: (transaction) => <Named transaction={transaction} name={column.cell(transaction)} /> }] : [column];
});

/** A name, and below it on a phone what there is no column for. */
function Named({ transaction, name }: { transaction: Transaction; name: ReactNode }) {
  return (
    <>
      {name}
      <Instead without="roomy">
        {transaction.stock_symbol} {transaction.shares.toLocaleString("en-US")} × <Price value={transaction.purchase_price} />
        <br />
        <Time value={transaction.purchase_date} />
        {transaction.sale_date && <> – <Time value={transaction.sale_date} /></>}
      </Instead>
    </>
  );
}

function When({ at, why }: { at: string; why: string | null }) {
  return (
    <div className={classes.two}>
      <Time value={at} />
      {why && <span className={classes.why} title={why}>{why}</span>}
    </div>
  );
}
