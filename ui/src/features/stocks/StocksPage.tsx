import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { DataTable, type Column, type Sorting } from "@/components/DataTable";
import { IconPlus, IconSearch, IconUpload } from "@/components/icons";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import type { Operations, Stock } from "@/lib/api/schema";
import { listStocks } from "@/lib/api/stocks/listStocks";
import { searchStocks } from "@/lib/api/stocks/searchStocks";
import { useUser } from "@/lib/auth/useSession";

import { ImportDialog } from "./ImportDialog";
import { LastBar, LastChange, LastPrice } from "./LivePrice";
import { StockDialog } from "./StockDialog";
import classes from "./Stocks.module.css";

type Query = Operations["GET /stocks"]["query"];

const PAGE_SIZE = 20;

/** What can be traded, with its last prices, live. */
export function StocksPage() {
  const navigate = useNavigate();
  const { is_admin: isAdmin } = useUser();
  const [words, setWords] = useState("");
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<Sorting>({ sort: "symbol", order: "asc" });
  const [dialog, setDialog] = useState<"add" | "import" | null>(null);
  const [wanted] = useDebouncedValue(words.trim(), 200);
  const query: Query = { page, page_size: PAGE_SIZE, sort: sorting.sort as NonNullable<Query["sort"]>, order: sorting.order };
  const listed = useQuery({ ...listStocks(query), enabled: wanted === "", placeholderData: keepPreviousData });
  const found = useQuery({ ...searchStocks(wanted), enabled: wanted !== "", placeholderData: keepPreviousData });
  const stocks = wanted ? found : listed;
  return (
    <Page
      title="Stocks"
      actions={
        isAdmin && (
          <>
            <Button variant="default" leftSection={<IconUpload size={14} />} onClick={() => setDialog("import")}>
              Import prices
            </Button>
            <Button leftSection={<IconPlus size={14} />} onClick={() => setDialog("add")}>
              Add a stock
            </Button>
          </>
        )
      }
    >
      <Panel title="Stocks" aside={<TextInput aria-label="Find by symbol or name" placeholder="Symbol or name" size="xs" leftSection={<IconSearch size={14} />} value={words} onChange={(event) => { setWords(event.currentTarget.value); setPage(1); }} />}>
        <DataTable
          label="Stocks"
          columns={COLUMNS}
          rows={stocks.data?.items}
          rowKey={(stock) => stock.id}
          error={stocks.error}
          retry={() => void stocks.refetch()}
          {...(wanted ? {} : { sorting, onSort: setSorting, pagination: listed.data?.pagination, onPage: setPage })}
          onRow={(stock) => void navigate({ to: "/stocks/$symbol", params: { symbol: stock.symbol } })}
          empty={
            wanted
              ? { title: `No stock is called like ${wanted}` }
              : { title: "No stocks yet", words: isAdmin ? "Import a file of prices: a column named symbol makes the stocks too, or add one by hand." : "An administrator adds stocks and their prices." }
          }
        />
      </Panel>
      {dialog === "add" && <StockDialog onClose={() => setDialog(null)} />}
      {dialog === "import" && <ImportDialog onClose={() => setDialog(null)} />}
    </Page>
  );
}

const COLUMNS: Column<Stock>[] = [
  {
    key: "symbol",
    header: "Symbol",
    sortable: true,
    cell: (stock) => (
      <Link to="/stocks/$symbol" params={{ symbol: stock.symbol }} className={classes.symbol}>
        {stock.symbol}
      </Link>
    ),
  },
  { key: "name", header: "Name", sortable: true, cell: (stock) => <span className={stock.is_active ? undefined : "faint"}>{stock.name ?? "–"}{stock.is_active ? "" : " (switched off)"}</span> },
  { key: "sector", header: "Sector", sortable: true, from: "wide", cell: (stock) => <span className="soft">{stock.sector ?? "–"}</span> },
  { key: "last", header: "Last", align: "end", cell: (stock) => <LastPrice symbol={stock.symbol} /> },
  { key: "change", header: "In the bar", align: "end", cell: (stock) => <LastChange symbol={stock.symbol} /> },
  { key: "bar", header: "Bar", align: "end", from: "roomy", cell: (stock) => <LastBar symbol={stock.symbol} /> },
];
