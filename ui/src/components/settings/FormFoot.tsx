import { Group } from "@mantine/core";
import type { ReactNode } from "react";

import { isUnderWay, JobProgress } from "@/components/JobProgress";
import { inWords } from "@/lib/api/errors";
import type { Job } from "@/lib/api/schema";

import classes from "./Settings.module.css";

interface FormFootProps {
  /** Why what was asked for was refused. */
  error: unknown;
  /** The work that it became, and what that is called. */
  job?: { state: Job; label: string } | undefined;
  /** Its buttons. */
  children: ReactNode;
}

/** What ends a form: the refusal in words, how far the work is, and its buttons. */
export function FormFoot({ error, job, children }: FormFootProps) {
  return (
    <>
      {error ? <Refusal>{inWords(error)}</Refusal> : null}
      {job && (
        <div className={classes.job}>
          <JobProgress job={job.state} label={job.label} />
        </div>
      )}
      {job?.state.error && !isUnderWay(job.state) && <Refusal>{job.state.error}</Refusal>}
      <Group justify="flex-end" gap="xs" mt="md">
        {children}
      </Group>
    </>
  );
}

/** Why something is not taken. */
export function Refusal({ children }: { children: ReactNode }) {
  return (
    <div role="alert" className={`loss ${classes.refusal}`}>
      {children}
    </div>
  );
}
