import { useQuery, useQueryClient } from "@tanstack/react-query";

import { Panel } from "@/components/Panel";
import { RiskPanel } from "@/components/risk/RiskPanel";
import { ErrorState, LoadingRows } from "@/components/States";
import { keys } from "@/lib/api/keys";

import { getLimits } from "./api/getLimits";
import { killAll } from "./api/killAll";
import { releaseAll } from "./api/releaseAll";
import { setAllLimits } from "./api/setAllLimits";

const TITLE = "Limits of all services together";

/** What everybody's services may risk together, and the switch that stops their buying. */
export function LimitsPanel() {
  const client = useQueryClient();
  const risk = useQuery(getLimits());
  const then = async (act: Promise<unknown>) => {
    await act;
    await client.invalidateQueries({ queryKey: keys.risk.all });
  };
  if (!risk.data) return <Panel title={TITLE}>{risk.error ? <ErrorState error={risk.error} retry={() => void risk.refetch()} /> : <LoadingRows rows={3} />}</Panel>;
  return (
    <RiskPanel
      title={TITLE}
      whose="everybody's services"
      risk={risk.data}
      onSave={(limits) => then(setAllLimits(limits))}
      onKill={(reason) => then(killAll(reason ? { reason } : {}))}
      onRelease={() => then(releaseAll())}
    />
  );
}
