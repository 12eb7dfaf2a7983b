import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Gain, Price } from "@/components/Money";
import { NumberField, type NumberFieldProps } from "@/components/NumberField";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { fieldErrors, inWords } from "@/lib/api/errors";
import type { Limits, Risk } from "@/lib/api/schema";
import { formatWhole } from "@/lib/format/money";

import classes from "./RiskPanel.module.css";

type LimitName = "max_daily_loss" | "max_position_value" | "max_orders_per_minute";

interface RiskPanelProps {
  title: string;
  /** Whose services it is about: "your services". */
  whose: string;
  risk: Risk;
  onSave: (limits: Limits) => Promise<unknown>;
  onKill: (reason: string) => Promise<unknown>;
  onRelease: () => Promise<unknown>;
  /** Further acts beside the kill switch. */
  children?: ReactNode;
}

/** Limits with what is taken of them, and the switch that stops all buying. */
export function RiskPanel({ title, whose, risk, onSave, onKill, onRelease, children }: RiskPanelProps) {
  const [typed, setTyped] = useState<Partial<Record<LimitName, number | "">>>({});
  const [dialog, setDialog] = useState<"kill" | "release" | null>(null);
  const [reason, setReason] = useState("");
  const save = useMutation({
    mutationFn: () => onSave(Object.fromEntries(Object.entries(typed).map(([name, value]) => [name, value === "" ? null : value]))),
    onSuccess: () => setTyped({}),
  });
  const errors = fieldErrors(save.error);
  const limit = (name: LimitName, label: string, taken: ReactNode, more: Partial<NumberFieldProps> = {}) => (
    <NumberField
      label={label}
      description={<>Now {taken}</>}
      placeholder="no limit"
      min={0}
      value={typed[name] ?? risk[name] ?? ""}
      onChange={(value) => setTyped((known) => ({ ...known, [name]: value }))}
      error={errors[name]}
      {...more}
    />
  );
  return (
    <Panel title={title} aside={<Standing risk={risk} />} padded>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className={classes.limits}>
          {limit("max_daily_loss", "Lost in a session, at most", <Gain value={risk.daily_result} />, { thousandSeparator: ",", decimalScale: 2 })}
          {limit("max_position_value", "In positions, at most", <Price value={risk.position_value} />, { thousandSeparator: ",", decimalScale: 2 })}
          {limit("max_orders_per_minute", "Orders a minute, at most", formatWhole(risk.orders_last_minute), { allowDecimal: false })}
        </div>
        <p className={classes.words}>What passes a limit is not bought, and the decision says why. Stops, targets and sales are never held back.</p>
        {save.error && Object.keys(errors).length === 0 && <div role="alert" className="loss">{inWords(save.error)}</div>}
        <div className={classes.acts}>
          {risk.is_killed ? (
            <Button variant="default" onClick={() => setDialog("release")}>
              Let {whose} buy again
            </Button>
          ) : (
            <Button color="red.8" onClick={() => setDialog("kill")}>
              Stop all buying
            </Button>
          )}
          {children}
          <Button type="submit" loading={save.isPending} disabled={Object.keys(typed).length === 0} className={classes.save ?? ""}>
            Save the limits
          </Button>
        </div>
      </form>
      <ConfirmDialog isOpen={dialog === "kill"} onClose={() => setDialog(null)} title="Stop all buying" act="Stop all buying" isDestructive onConfirm={() => onKill(reason.trim())}>
        <div>Entries of {whose} that wait are cancelled now, and nothing buys, by hand neither, until you release it. Stop-losses stay in force, positions are kept.</div>
        <TextInput label="Why" placeholder="for those who read the log" maxLength={200} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      </ConfirmDialog>
      <ConfirmDialog isOpen={dialog === "release"} onClose={() => setDialog(null)} title={`Let ${whose} buy again`} act="Let them buy again" onConfirm={onRelease}>
        <div>Services that are active buy at their next signal.</div>
      </ConfirmDialog>
    </Panel>
  );
}

function Standing({ risk }: { risk: Risk }) {
  if (risk.is_killed) {
    return (
      <span className={classes.standing}>
        <StateBadge state="FAILED" word="Buying is stopped" /> <span className="faint">since <Time value={risk.killed_at} relative />{risk.kill_reason ? `: ${risk.kill_reason}` : ""}</span>
      </span>
    );
  }
  if (risk.is_installation_killed) return <StateBadge state="FAILED" word="An admin has stopped all buying" />;
  if (risk.tripped_on) return <StateBadge state="PAUSED" word={`Loss limit reached on ${risk.tripped_on}`} />;
  return <StateBadge state="ACTIVE" word="Buying is on" />;
}
