import { Button, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { notifyDone } from "@/components/notify";
import { Panel } from "@/components/Panel";
import { RiskPanel } from "@/components/risk/RiskPanel";
import { ErrorState, LoadingRows } from "@/components/States";
import { keys } from "@/lib/api/keys";
import { getRisk } from "@/lib/api/risk/getRisk";

import { flattenOwn } from "./api/flattenOwn";
import { kill } from "./api/kill";
import { release } from "./api/release";
import { setLimits } from "./api/setLimits";

const TITLE = "Limits and kill switch";
const WORD = "SELL";

/** What the user's services may risk together, and the ways out. */
export function OwnRisk() {
  const client = useQueryClient();
  const risk = useQuery(getRisk());
  const [isLeaving, setLeaving] = useState(false);
  const [typed, setTyped] = useState("");
  const again = () => client.invalidateQueries({ queryKey: keys.risk.all });
  const then = async (act: Promise<unknown>) => {
    await act;
    await again();
  };
  if (!risk.data) return <Panel title={TITLE}>{risk.error ? <ErrorState error={risk.error} retry={() => void risk.refetch()} /> : <LoadingRows rows={3} />}</Panel>;
  return (
    <>
      <RiskPanel
        title={TITLE}
        whose="your services"
        risk={risk.data}
        onSave={(limits) => then(setLimits(limits))}
        onKill={(reason) => then(kill(reason ? { reason } : {}))}
        onRelease={() => then(release())}
      >
        <Button variant="default" onClick={() => setLeaving(true)}>
          Sell everything
        </Button>
      </RiskPanel>
      <ConfirmDialog
        isOpen={isLeaving}
        onClose={() => {
          setLeaving(false);
          setTyped("");
        }}
        title="Sell everything"
        act="Sell everything"
        isDestructive
        isDisabled={typed !== WORD}
        onConfirm={async () => {
          const done = await flattenOwn();
          notifyDone(`${done.paused} services paused, ${done.cancelled} entries cancelled, ${done.selling} positions are sold at the next open.`);
          await again();
        }}
      >
        <div>Your services at work are paused, their entries cancelled, and every position of yours is sold at the next open. This cannot be taken back.</div>
        <TextInput label={`Type ${WORD} to go on`} autoComplete="off" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
      </ConfirmDialog>
    </>
  );
}
