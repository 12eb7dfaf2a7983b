import { Button, Select } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { DataTable, type Column, type Sorting } from "@/components/DataTable";
import { notifyFailure } from "@/components/notify";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { cancelJob } from "@/lib/api/jobs/cancelJob";
import { listJobs } from "@/lib/api/jobs/listJobs";
import type { JobItem, Operations } from "@/lib/api/schema";

import classes from "./Admin.module.css";

type Query = Operations["GET /jobs"]["query"];

const PAGE_SIZE = 25;
const STATES = ["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"].map((value) => ({ value, label: value.charAt(0) + value.slice(1).toLowerCase() }));

/** Everybody's background work, live. */
export function JobsSection() {
  const [state, setState] = useState<string | null>(null);
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<Sorting>({ sort: "id", order: "desc" });
  const query: Query = {
    page,
    page_size: PAGE_SIZE,
    sort: sorting.sort as NonNullable<Query["sort"]>,
    order: sorting.order,
    ...(state ? { state: state as JobItem["state"] } : {}),
  };
  const jobs = useQuery({ ...listJobs(query), placeholderData: keepPreviousData });
  return (
    <Panel title="Background work" aside={<Select aria-label="State" placeholder="Any state" size="xs" w={130} clearable data={STATES} value={state} onChange={(value) => { setState(value); setPage(1); }} />}>
      <DataTable
        label="Jobs"
        columns={COLUMNS}
        rows={jobs.data?.items}
        unreadable={jobs.data?.unreadable}
        rowKey={(job) => job.id}
        error={jobs.error}
        retry={() => void jobs.refetch()}
        sorting={sorting}
        onSort={(next) => { setSorting(next); setPage(1); }}
        {...(jobs.data ? { pagination: jobs.data.pagination } : {})}
        onPage={setPage}
        empty={state ? { title: "No job is like that" } : { title: "No background work yet", words: "Imports, long backtests, sweeps and scans are listed here." }}
      />
    </Panel>
  );
}

function Cancel({ job }: { job: JobItem }) {
  const cancel = useMutation({ mutationFn: () => cancelJob(job.id), onError: notifyFailure });
  if (job.state !== "QUEUED" && job.state !== "RUNNING") return null;
  return (
    <Button variant="default" size="compact-xs" loading={cancel.isPending || job.is_cancel_requested} onClick={() => cancel.mutate()}>
      Cancel
    </Button>
  );
}

const COLUMNS: Column<JobItem>[] = [
  { key: "id", header: "No.", sortable: true, cell: (job) => <span className="numeric faint">{job.id}</span> },
  { key: "kind", header: "Kind", sortable: true, cell: (job) => job.kind },
  { key: "state", header: "State", sortable: true, cell: (job) => <StateBadge state={job.state} /> },
  { key: "progress", header: "Done", align: "end", sortable: true, cell: (job) => <span className="numeric">{Math.round(job.progress * 100)} %</span> },
  { key: "user_id", header: "User", align: "end", sortable: true, from: "roomy", cell: (job) => <span className="numeric">{job.user_id ?? "–"}</span> },
  { key: "error", header: "What went wrong", from: "wide", cell: (job) => <span className={classes.sub}>{job.error}</span> },
  { key: "created_at", header: "Made", align: "end", sortable: true, from: "roomy", cell: (job) => <Time value={job.created_at} relative /> },
  { key: "cancel", header: "Cancel", isUnnamed: true, align: "end", cell: (job) => <Cancel job={job} /> },
];
