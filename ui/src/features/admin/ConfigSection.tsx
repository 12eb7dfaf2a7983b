import { useQuery } from "@tanstack/react-query";

import { DataTable, type Column } from "@/components/DataTable";
import { Panel } from "@/components/Panel";

import classes from "./Admin.module.css";
import { getConfig } from "./api/getConfig";

/** The settings in force; of secrets only whether they are set. */
export function ConfigSection() {
  const config = useQuery(getConfig());
  return (
    <Panel title="Configuration" aside={<span className="faint">Set by environment variables; secrets are masked</span>}>
      <DataTable
        label="Settings in force"
        columns={COLUMNS}
        rows={config.data && Object.entries(config.data.settings)}
        rowKey={([name]) => name}
        error={config.error}
        retry={() => void config.refetch()}
        empty={{ title: "No settings" }}
        skeletonRows={14}
      />
    </Panel>
  );
}

const COLUMNS: Column<[string, unknown]>[] = [
  { key: "name", header: "Variable", cell: ([name]) => <span className={classes.name}>DAYTRADER_{name.toUpperCase()}</span> },
  { key: "value", header: "Value", align: "end", cell: ([, value]) => (value === null || value === "" ? <span className="faint">not set</span> : <span className={classes.value}>{typeof value === "string" ? value : JSON.stringify(value)}</span>) },
];
