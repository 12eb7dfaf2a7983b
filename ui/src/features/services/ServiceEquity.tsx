import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { Legend, type LegendEntry } from "@/components/charts/Legend";
import { LineChart } from "@/components/charts/LineChart";
import { EmptyState, ErrorState } from "@/components/States";
import type { Service } from "@/lib/api/schema";
import { getServiceEquity } from "@/lib/api/services/getServiceEquity";
import { formatMoney } from "@/lib/format/money";

import classes from "./ServicePage.module.css";

const HEIGHT = 260;
const LEGEND: LegendEntry[] = [
  { name: "Value", tone: "main" },
  { name: "Cash", tone: "second" },
];

/** The value of the service at each session's close. */
export function ServiceEquity({ service }: { service: Service }) {
  const { data, error, refetch } = useQuery(getServiceEquity(service.id));
  const lines = useMemo(() => [{ name: "equity", values: data?.equity ?? [], tone: "main" as const }, { name: "cash", values: data?.cash ?? [], tone: "second" as const }], [data]);
  if (!data) return <div style={{ minHeight: HEIGHT }}>{error && <ErrorState error={error} retry={() => void refetch()} />}</div>;
  if (data.timestamps.length < 2) return <EmptyState title="No sessions yet">The line begins with the second session that the service sees.</EmptyState>;
  const label = `Value of ${service.name} from ${formatMoney(data.equity[0])} to ${formatMoney(data.equity.at(-1))}; cash is the dashed line`;
  return (
    <>
      <div className={classes.padded}>
        <Legend items={LEGEND} />
      </div>
      <LineChart label={label} timestamps={data.timestamps} lines={lines} height={HEIGHT} />
    </>
  );
}
