import { SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { DataTable, type Column } from "@/components/DataTable";
import { Time } from "@/components/Time";
import type { Decision, Operations } from "@/lib/api/schema";
import { listDecisions } from "@/lib/api/services/listDecisions";

import { Facts } from "./Facts";
import { ParityLine } from "./ParityLine";
import classes from "./ServicePage.module.css";

type Query = Operations["GET /services/{service_id}/decisions"]["query"];

const PAGE_SIZE = 15;
const FILTERS = [
  { value: "", label: "Every bar" },
  { value: "BUY", label: "Buys" },
  { value: "SELL", label: "Sells" },
  { value: "NOTHING", label: "Why not" },
];

/** For each bar what the service decided, the reason, and the figures that it looked at. */
export function DecisionJournal({ serviceId }: { serviceId: number }) {
  const [action, setAction] = useState("");
  const [page, setPage] = useState(1);
  const query: Query = {
    page,
    page_size: PAGE_SIZE,
    sort: "bar_time",
    order: "desc",
    ...(action ? { action: action as Decision["action"] } : {}),
  };
  const decisions = useQuery({ ...listDecisions(serviceId, query), placeholderData: keepPreviousData });
  return (
    <>
      <div className={classes.filters}>
        <SegmentedControl
          size="xs"
          aria-label="Which decisions"
          data={FILTERS}
          value={action}
          onChange={(value) => {
            setAction(value);
            setPage(1);
          }}
        />
        <ParityLine serviceId={serviceId} />
      </div>
      <DataTable
        label="Decisions"
        columns={COLUMNS}
        rows={decisions.data?.items}
        rowKey={(decision) => decision.id}
        error={decisions.error}
        retry={() => void decisions.refetch()}
        {...(decisions.data ? { pagination: decisions.data.pagination } : {})}
        onPage={setPage}
        empty={action ? { title: "No such decision so far" } : { title: "No decisions yet", words: "An active service decides at the end of each bar." }}
      />
    </>
  );
}

const COLUMNS: Column<Decision>[] = [
  { key: "bar_time", header: "Bar", cell: (decision) => <Time value={decision.bar_time} /> },
  {
    key: "action",
    header: "Decision",
    cell: (decision) => (
      <span className={classes.act} data-act={decision.action}>
        {decision.action === "NOTHING" ? "Nothing" : decision.action === "BUY" ? `Buy ${decision.shares.toLocaleString("en-US")}` : "Sell"}
      </span>
    ),
  },
  { key: "reason", header: "Because", cell: (decision) => decision.reason },
  { key: "evidence", header: "Figures", from: "roomy", cell: (decision) => <Facts evidence={decision.evidence} /> },
];
