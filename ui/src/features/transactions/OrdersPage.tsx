import { Button, Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import type { Sorting } from "@/components/DataTable";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { stateTitle } from "@/components/StateBadge";
import { OrderTable } from "@/components/trades/OrderTable";
import { listOrders } from "@/lib/api/orders/listOrders";
import type { Operations, Order } from "@/lib/api/schema";

import { OrderDetails } from "./OrderDetails";
import { ServiceLink } from "./ServiceLink";
import { useServices } from "./useServices";

type Query = Operations["GET /orders"]["query"];
type Filters = Pick<Query, "state" | "side" | "service_id">;

const PAGE_SIZE = 25;
const STATES = ["PENDING", "ACCEPTED", "PARTIALLY_FILLED", "FILLED", "EXPIRED", "CANCELLED", "REJECTED"].map((value) => ({ value, label: stateTitle(value) }));

/** What was asked of brokers, from intent to end. */
export function OrdersPage() {
  const services = useServices();
  const [filters, setFilters] = useState<Filters>({});
  const [page, setPage] = useState(1);
  const [shown, setShown] = useState<Order | null>(null);
  const [sorting, setSorting] = useState<Sorting>({ sort: "id", order: "desc" });
  const query: Query = { ...filters, page, page_size: PAGE_SIZE, sort: sorting.sort as NonNullable<Query["sort"]>, order: sorting.order };
  const orders = useQuery({ ...listOrders(query), placeholderData: keepPreviousData });
  const narrow = (change: Filters) => {
    setFilters({ ...filters, ...change });
    setPage(1);
  };
  return (
    <Page title="Orders" subtitle="What was asked of the broker, and what became of it">
      <Panel
        title="All orders"
        aside={
          <>
            <Select aria-label="Side" placeholder="Buys and sells" size="xs" w={140} clearable data={[{ value: "BUY", label: "Buys" }, { value: "SELL", label: "Sells" }]} value={filters.side ?? null} onChange={(value) => narrow({ side: (value) ?? undefined })} />
            <Select aria-label="State" placeholder="Any state" size="xs" w={124} clearable data={STATES} value={filters.state ?? null} onChange={(value) => narrow({ state: (value as Order["state"] | null) ?? undefined })} />
            <Select aria-label="Service" placeholder="Any service" size="xs" w={170} clearable searchable data={services.map((service) => ({ value: String(service.id), label: service.name }))} value={filters.service_id === undefined ? null : String(filters.service_id)} onChange={(value) => narrow({ service_id: value ? Number(value) : undefined })} />
          </>
        }
      >
        <OrderTable
          orders={orders}
          onPage={setPage}
          sorting={sorting}
          onSort={setSorting}
          serviceCell={(order) => <ServiceLink id={order.service_id} services={services} />}
          onChoose={setShown}
          empty={Object.values(filters).some(Boolean) ? { title: "No order is like that" } : { title: "No orders yet", words: "An order is made when a service decides to buy or sell.", action: <Button component={Link} to="/services" variant="default">To your services</Button> }}
        />
      </Panel>
      {shown && <OrderDetails id={shown.id} onClose={() => setShown(null)} />}
    </Page>
  );
}
