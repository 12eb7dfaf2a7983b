import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";

import { notifyFailure } from "@/components/notify";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { ErrorState, LoadingRows } from "@/components/States";
import { Time } from "@/components/Time";
import { formatBytes } from "@/lib/format/bytes";

import classes from "./Admin.module.css";
import { backUp } from "./api/backUp";
import { compareSchema } from "./api/compareSchema";
import { getDatabaseStatus } from "./api/getDatabaseStatus";

/** Where the database is, whether its schema is right, and a copy of it. */
export function DatabaseSection() {
  const status = useQuery(getDatabaseStatus());
  const schema = useQuery({ ...compareSchema(), enabled: false });
  const copy = useMutation({ mutationFn: backUp, onError: notifyFailure });
  return (
    <div className={classes.columns}>
      <Panel title="Database" padded={status.data !== undefined}>
        {status.data ? (
          <dl className={classes.pairs}>
            <dt>Kind</dt>
            <dd>{status.data.dialect}</dd>
            <dt>Migration</dt>
            <dd>{status.data.revision ?? "none"}</dd>
            <dt>Up to date</dt>
            <dd><StateBadge state={status.data.is_current ? "ACTIVE" : "PAUSED"} word={status.data.is_current ? "yes" : `${status.data.pending.length} wait`} /></dd>
            <dt>Tables</dt>
            <dd>{status.data.tables}</dd>
            <dt>Size</dt>
            <dd>{formatBytes(status.data.size_bytes)}</dd>
          </dl>
        ) : status.error ? (
          <ErrorState error={status.error} retry={() => void status.refetch()} />
        ) : (
          <LoadingRows />
        )}
      </Panel>
      <div className={classes.two} style={{ gap: 12 }}>
        <Panel title="Schema" padded>
          {schema.data ? (
            <div role="status">
              <StateBadge state={schema.data.agrees ? "ACTIVE" : "FAILED"} word={schema.data.agrees ? "The database is as this version needs it" : "The database differs from what this version needs"} />
              {!schema.data.agrees && (
                <ul className={classes.differences}>
                  {schema.data.differences.map((difference) => (
                    <li key={difference}>{difference}</li>
                  ))}
                </ul>
              )}
            </div>
          ) : schema.error ? (
            <ErrorState error={schema.error} />
          ) : (
            <span className="soft">Every table and column is compared with what this version needs.</span>
          )}
          <div className={classes.acts}>
            <Button variant="default" loading={schema.isFetching} onClick={() => void schema.refetch()}>Check the schema</Button>
          </div>
        </Panel>
        <Panel title="Backup" padded>
          {copy.data ? (
            <div role="status">
              <span className={classes.name}>{copy.data.name}</span>, {formatBytes(copy.data.size_bytes)}, <Time value={copy.data.created_at} />
            </div>
          ) : (
            <span className="soft">A copy is written into the backups of the instance while trading goes on.</span>
          )}
          <div className={classes.acts}>
            <Button loading={copy.isPending} onClick={() => copy.mutate()}>Back up now</Button>
          </div>
        </Panel>
      </div>
    </div>
  );
}
