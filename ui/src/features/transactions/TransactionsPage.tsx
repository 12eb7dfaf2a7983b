import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import type { Sorting } from "@/components/DataTable";
import { IconDownload, IconSearch } from "@/components/icons";
import { notifyFailure } from "@/components/notify";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { TransactionTable } from "@/components/trades/TransactionTable";
import type { Operations, Transaction } from "@/lib/api/schema";
import { exportTransactions } from "@/lib/api/transactions/exportTransactions";
import { listTransactions } from "@/lib/api/transactions/listTransactions";
import { saveFile } from "@/lib/files/save";

import { ServiceLink } from "./ServiceLink";
import { useServices } from "./useServices";

type Query = Operations["GET /transactions"]["query"];
type Filters = Pick<Query, "state" | "service_id" | "stock_symbol_like">;

const PAGE_SIZE = 25;
const STATES = [
  { value: "OPEN", label: "Open" },
  { value: "CLOSED", label: "Closed" },
  { value: "CANCELLED", label: "Voided" },
];

/** Everything that was bought and sold: to find, sort, remark, sell, void and take away. */
export function TransactionsPage() {
  const services = useServices();
  const [filters, setFilters] = useState<Filters>({});
  const [symbol, setSymbol] = useState("");
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<Sorting>({ sort: "id", order: "desc" });
  const [wanted] = useDebouncedValue(symbol.trim(), 200);
  const filtered: Filters = { ...filters, ...(wanted ? { stock_symbol_like: wanted } : {}) };
  const ordered = { sort: sorting.sort as NonNullable<Query["sort"]>, order: sorting.order };
  const transactions = useQuery({ ...listTransactions({ ...filtered, ...ordered, page, page_size: PAGE_SIZE }), placeholderData: keepPreviousData });
  const file = useMutation({
    mutationFn: () => exportTransactions({ ...filtered, ...ordered }),
    onSuccess: (content) => saveFile("transactions.csv", content),
    onError: notifyFailure,
  });
  const narrow = (change: Filters) => {
    setFilters({ ...filters, ...change });
    setPage(1);
  };
  const isFiltered = wanted !== "" || filters.state !== undefined || filters.service_id !== undefined;
  return (
    <Page
      title="Transactions"
      subtitle="Each position from buy to sell"
      actions={
        <Button variant="default" leftSection={<IconDownload size={14} />} loading={file.isPending} onClick={() => file.mutate()}>
          Export CSV
        </Button>
      }
    >
      <Panel
        title="Positions"
        aside={
          <>
            <TextInput aria-label="Stock" placeholder="Stock" size="xs" w={110} leftSection={<IconSearch size={14} />} value={symbol} onChange={(event) => { setSymbol(event.currentTarget.value); setPage(1); }} />
            <Select aria-label="State" placeholder="Any state" size="xs" w={116} clearable data={STATES} value={filters.state ?? null} onChange={(value) => narrow({ state: (value as Transaction["state"] | null) ?? undefined })} />
            <Select
              aria-label="Service"
              placeholder="Any service"
              size="xs"
              w={170}
              clearable
              searchable
              data={services.map((service) => ({ value: String(service.id), label: service.name }))}
              value={filters.service_id === undefined ? null : String(filters.service_id)}
              onChange={(value) => narrow({ service_id: value ? Number(value) : undefined })}
            />
          </>
        }
      >
        <TransactionTable
          transactions={transactions}
          onPage={setPage}
          sorting={sorting}
          onSort={setSorting}
          serviceCell={(transaction) => <ServiceLink id={transaction.service_id} services={services} />}
          empty={isFiltered ? { title: "No transaction is like that", words: "Choose another stock, state or service." } : { title: "No transactions yet", words: "Activate a service: it buys at its strategy's next entry signal.", action: <Button component={Link} to="/services" variant="default">To your services</Button> }}
        />
      </Panel>
    </Page>
  );
}
