import { Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { DataTable, type Column, type Sorting } from "@/components/DataTable";
import { IconSearch } from "@/components/icons";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import type { AuditEntry, Operations } from "@/lib/api/schema";

import classes from "./Admin.module.css";
import { listAudit } from "./api/listAudit";

type Query = Operations["GET /system/audit-log"]["query"];

const PAGE_SIZE = 50;

/** What matters for security: who tried what, from where, and what came of it. */
export function AuditSection() {
  const [words, setWords] = useState("");
  const [result, setResult] = useState<string | null>(null);
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<Sorting>({ sort: "id", order: "desc" });
  const [action] = useDebouncedValue(words.trim(), 200);
  const query: Query = {
    page,
    page_size: PAGE_SIZE,
    sort: sorting.sort as NonNullable<Query["sort"]>,
    order: sorting.order,
    ...(action ? { action_like: action } : {}),
    ...(result ? { result } : {}),
  };
  const entries = useQuery({ ...listAudit(query), placeholderData: keepPreviousData });
  return (
    <Panel
      title="Audit log"
      aside={
        <>
          <TextInput aria-label="Find by action" placeholder="Find by action" size="xs" leftSection={<IconSearch size={14} />} value={words} onChange={(event) => { setWords(event.currentTarget.value); setPage(1); }} />
          <Select aria-label="Result" placeholder="Any result" size="xs" w={130} clearable data={["ok", "unauthenticated", "forbidden", "totp_required", "validation_error", "conflict", "too_many_requests"]} value={result} onChange={(value) => { setResult(value); setPage(1); }} />
        </>
      }
    >
      <DataTable
        label="Audit log"
        columns={COLUMNS}
        rows={entries.data?.items}
        rowKey={(entry) => entry.id}
        error={entries.error}
        retry={() => void entries.refetch()}
        sorting={sorting}
        onSort={(next) => { setSorting(next); setPage(1); }}
        {...(entries.data ? { pagination: entries.data.pagination } : {})}
        onPage={setPage}
        empty={{ title: "No such entry" }}
      />
    </Panel>
  );
}

const COLUMNS: Column<AuditEntry>[] = [
  { key: "created_at", header: "When", sortable: true, cell: (entry) => <Time value={entry.created_at} /> },
  { key: "action", header: "What", sortable: true, cell: (entry) => <span className={classes.name}>{entry.action}</span> },
  { key: "target", header: "About", sortable: true, from: "roomy", cell: (entry) => <span className={classes.name}>{entry.target}</span> },
  { key: "result", header: "Result", sortable: true, cell: (entry) => <StateBadge state={entry.result === "ok" ? "ACTIVE" : "FAILED"} word={entry.result.replaceAll("_", " ")} /> },
  { key: "actor_id", header: "User", align: "end", sortable: true, from: "roomy", cell: (entry) => <span className="numeric">{entry.actor_id ?? "–"}</span> },
  { key: "via", header: "Signed in by", from: "wide", cell: (entry) => <span className={classes.name}>{entry.via}</span> },
  { key: "address", header: "From", from: "wide", cell: (entry) => <span className={classes.name}>{entry.address}</span> },
];
