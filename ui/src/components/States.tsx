import { Button, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";

import { ApiError, inWords } from "@/lib/api/errors";

import classes from "./States.module.css";

/** Nothing is here yet, and what to do next. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={classes.state}>
      <div>
        <div className={classes.title}>{title}</div>
        {children && <p className={classes.words}>{children}</p>}
      </div>
      {action}
    </div>
  );
}

/** What went wrong, in the server's words, and a way to try again where that can help. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const reference = error instanceof ApiError ? error.requestId : null;
  const isNowhere = error instanceof ApiError && error.status === 404;
  return (
    <div className={classes.state} role="alert">
      <div>
        <div className={classes.title}>{isNowhere ? "There is nothing here" : "This could not be loaded"}</div>
        <p className={classes.words}>
          {inWords(error)}
          {reference && !isNowhere && <span className="faint"> Reference {reference.slice(0, 8)}.</span>}
        </p>
      </div>
      {retry && !isNowhere && (
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** The place of what is being loaded: as high as it will be. */
export function LoadingRows({ rows = 5 }: { rows?: number }) {
  return (
    <div className={classes.rows} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={14} width={`${92 - ((row * 17) % 40)}%`} />
      ))}
    </div>
  );
}
