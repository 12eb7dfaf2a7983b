import { DataTable } from "@/components/DataTable";
import { isUnderWay, JobProgress, useJob } from "@/components/JobProgress";
import { LoadingRows } from "@/components/States";
import { formatWhole } from "@/lib/format/money";

import classes from "./Stocks.module.css";

/** How far an import or a fetch is, what it did, and what is wrong with which line. */
export function JobOutcome({ id, label, rowsWord = "Rows" }: { id: number; label: string; rowsWord?: string }) {
  const { data: job } = useJob(id);
  if (!job) return <LoadingRows rows={2} />;
  const numbers = Object.entries(job.result).filter((entry): entry is [string, number] => typeof entry[1] === "number" && entry[0] !== "interval");
  return (
    <div className={classes.stack} aria-live="polite">
      <JobProgress job={job} label={label} />
      {job.error && <div className="loss">{job.error}</div>}
      {!isUnderWay(job) && numbers.length > 0 && (
        <dl className={classes.pairs}>
          {numbers.map(([name, value]) => (
            <Pair key={name} name={name === "rows" ? rowsWord : name} value={value} />
          ))}
        </dl>
      )}
      {job.errors.length > 0 && (
        <div className={classes.errors}>
          <DataTable
            label="What is wrong"
            rows={job.errors}
            rowKey={(error) => `${error.line} ${error.field}`}
            empty={{ title: "Nothing" }}
            columns={[
              { key: "line", header: "Line", align: "end", cell: (error) => <span className="numeric">{error.line}</span> },
              { key: "field", header: "Field", cell: (error) => error.field },
              { key: "reason", header: "What is wrong", cell: (error) => error.reason },
            ]}
          />
        </div>
      )}
    </div>
  );
}

function Pair({ name, value }: { name: string; value: number }) {
  const words = name.replaceAll("_", " ");
  return (
    <>
      <dt>{words.charAt(0).toUpperCase() + words.slice(1)}</dt>
      <dd>{formatWhole(value)}</dd>
    </>
  );
}
