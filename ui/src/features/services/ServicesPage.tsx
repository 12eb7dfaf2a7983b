import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { DataTable, type Column, type Sorting } from "@/components/DataTable";
import { IconPlus, IconSearch } from "@/components/icons";
import { Gain, Money } from "@/components/Money";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { listServices } from "@/lib/api/services/listServices";
import type { Operations, Service } from "@/lib/api/schema";
import { intervalTitle, stateWord, strategyTitle, waitsFor } from "@/lib/words/service";

import classes from "./Services.module.css";

type Query = Operations["GET /services"]["query"];
type SortColumn = NonNullable<Query["sort"]>;

const PAGE_SIZE = 25;
const STATES = [
  { value: "ACTIVE", label: "Active" },
  { value: "PAUSED", label: "Paused" },
  { value: "INACTIVE", label: "Stopped" },
  { value: "ERROR", label: "Error" },
];

/** All services, to find one and to see which need a person. */
export function ServicesPage() {
  const navigate = useNavigate();
  const [state, setState] = useState<string | null>(null);
  const [words, setWords] = useState("");
  const [isArchive, setArchive] = useState(false);
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<Sorting>({ sort: "id", order: "asc" });
  const [named] = useDebouncedValue(words.trim(), 200);
  const query: Query = {
    page,
    page_size: PAGE_SIZE,
    is_active: !isArchive,
    sort: sorting.sort as SortColumn,
    order: sorting.order,
    ...(state ? { state: state as Service["state"] } : {}),
    ...(named ? { name_like: named } : {}),
  };
  const services = useQuery({ ...listServices(query), placeholderData: keepPreviousData });
  const isFiltered = state !== null || named !== "" || isArchive;
  return (
    <Page
      title="Services"
      actions={
        <Button component={Link} to="/services/new" leftSection={<IconPlus size={14} />}>
          New service
        </Button>
      }
    >
      <Panel
        title={isArchive ? "Archived services" : "Your services"}
        aside={
          <>
            <TextInput aria-label="Find by name" placeholder="Find by name" size="xs" leftSection={<IconSearch size={14} />} value={words} onChange={(event) => { setWords(event.currentTarget.value); setPage(1); }} />
            <Select aria-label="State" placeholder="Any state" size="xs" w={118} clearable data={STATES} value={state} onChange={(value) => { setState(value); setPage(1); }} />
            <Button variant="default" aria-pressed={isArchive} onClick={() => { setArchive(!isArchive); setPage(1); }}>
              {isArchive ? "Back to all" : "Show archived"}
            </Button>
          </>
        }
      >
        <DataTable
          label="Services"
          columns={COLUMNS}
          rows={services.data?.items}
          unreadable={services.data?.unreadable}
          rowKey={(service) => service.id}
          error={services.error}
          retry={() => void services.refetch()}
          sorting={sorting}
          onSort={setSorting}
          {...(services.data ? { pagination: services.data.pagination } : {})}
          onPage={setPage}
          onRow={(service) => void navigate({ to: "/services/$serviceId", params: { serviceId: String(service.id) } })}
          empty={
            isFiltered
              ? { title: "No service is like that", words: "Choose another state or name." }
              : {
                  title: "Open your first trading service",
                  words: "A service trades one stock with a budget of its own, by a strategy and limits that you choose.",
                  action: <Button component={Link} to="/services/new">New service</Button>,
                }
          }
        />
      </Panel>
    </Page>
  );
}

const COLUMNS: Column<Service>[] = [
  {
    key: "name",
    header: "Service",
    sortable: true,
    cell: (service) => (
      <div className={classes.two}>
        <Link to="/services/$serviceId" params={{ serviceId: String(service.id) }} className={classes.name}>
          {service.name}
        </Link>
        <span className={classes.sub}><span className={classes.symbol}>{service.stock_symbol} · </span>{strategyTitle(service.strategy)}<span className={classes.interval}> · {intervalTitle(service.interval)}</span></span>
      </div>
    ),
  },
  { key: "stock_symbol", header: "Stock", sortable: true, from: "roomy", cell: (service) => <strong>{service.stock_symbol}</strong> },
  {
    key: "state",
    header: "State",
    sortable: true,
    cell: (service) => (
      <div className={classes.two}>
        <StateBadge state={service.state} word={stateWord(service)} />
        <span className={classes.sub}>{waitsFor(service)}</span>
      </div>
    ),
  },
  { key: "current_shares", header: "Shares", align: "end", sortable: true, from: "roomy", cell: (service) => <span className="numeric">{service.current_shares ? service.current_shares.toLocaleString("en-US") : "–"}</span> },
  { key: "current_balance", header: "Cash", align: "end", sortable: true, from: "roomy", cell: (service) => <Money value={service.current_balance} /> },
  { key: "total_gain_loss", header: "Realised", align: "end", sortable: true, cell: (service) => <Gain value={service.total_gain_loss} /> },
  { key: "sell_count", header: "Trades", align: "end", sortable: true, from: "wide", cell: (service) => <span className="numeric">{service.sell_count}</span> },
  { key: "last_bar_time", header: "Last bar", align: "end", sortable: true, from: "wide", cell: (service) => <Time value={service.last_bar_time} /> },
];
