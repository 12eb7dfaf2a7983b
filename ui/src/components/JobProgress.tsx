import { Button, Progress } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";

import { cancelJob } from "@/lib/api/jobs/cancelJob";
import { getJob } from "@/lib/api/jobs/getJob";
import type { Job } from "@/lib/api/schema";
import { formatDuration } from "@/lib/format/time";

import classes from "./JobProgress.module.css";
import { StateBadge } from "./StateBadge";

const POLL_MILLISECONDS = 2000; // the socket is faster; this is for when it is away

/** Whether a job goes on. */
export function isUnderWay(job: Job | undefined): boolean {
  return job?.state === "QUEUED" || job?.state === "RUNNING";
}

/** A job as it goes on. */
export function useJob(id: number | null) {
  return useQuery({
    ...getJob(id ?? 0),
    enabled: id !== null,
    refetchInterval: (query) => (isUnderWay(query.state.data) ? POLL_MILLISECONDS : false),
  });
}

/** How far a job is, when it will be done, and a way to stop it. */
export function JobProgress({ job, label }: { job: Job; label: string }) {
  const cancel = useMutation({ mutationFn: () => cancelJob(job.id) });
  const percent = Math.round(job.progress * 100);
  const left = job.eta ? (Date.parse(job.eta) - Date.parse(job.updated_at)) / 1000 : null;
  return (
    <div className={classes.line}>
      <StateBadge state={job.state} />
      <Progress.Root className={classes.track ?? ""} size="md">
        <Progress.Section value={percent} aria-label={label} />
      </Progress.Root>
      <span className="numeric faint">
        {percent} %{left !== null && left > 0 && isUnderWay(job) ? ` · ${formatDuration(left)} left` : ""}
      </span>
      {isUnderWay(job) && (
        <Button variant="default" size="compact-xs" loading={cancel.isPending || job.is_cancel_requested} onClick={() => cancel.mutate()}>
          Cancel
        </Button>
      )}
    </div>
  );
}
