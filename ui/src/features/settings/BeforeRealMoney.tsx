import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { notifyDone } from "@/components/notify";
import { NumberField } from "@/components/NumberField";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { ErrorState, LoadingRows } from "@/components/States";
import { fieldErrors, inWords } from "@/lib/api/errors";
import { keys } from "@/lib/api/keys";
import type { ShownThresholds } from "@/lib/api/schema";

import { getThresholds } from "./api/getThresholds";
import { setThresholds } from "./api/setThresholds";
import classes from "./Settings.module.css";

const TITLE = "Before real money";

type Name = keyof ShownThresholds;

const FIELDS: { name: Name; label: string; suffix?: string; isWhole?: boolean }[] = [
  { name: "min_backtest_sessions", label: "Backtest: sessions, at least", isWhole: true },
  { name: "min_backtest_trades", label: "Backtest: trades, at least", isWhole: true },
  { name: "min_backtest_return_percent", label: "Backtest: return, at least", suffix: " %" },
  { name: "min_backtest_sharpe_ratio", label: "Backtest: Sharpe ratio, at least" },
  { name: "max_backtest_drawdown_percent", label: "Backtest: deepest fall, at most", suffix: " %" },
  { name: "min_paper_sessions", label: "On paper: sessions, at least", isWhole: true },
  { name: "min_paper_trades", label: "On paper: trades, at least", isWhole: true },
  { name: "min_paper_return_percent", label: "On paper: return, at least", suffix: " %" },
  { name: "max_paper_drawdown_percent", label: "On paper: deepest fall, at most", suffix: " %" },
];

/** What a service must have shown before it may trade real money, in the user's own figures. */
export function BeforeRealMoney() {
  const client = useQueryClient();
  const known = useQuery(getThresholds());
  const [typed, setTyped] = useState<Partial<Record<Name, number | "">>>({});
  const save = useMutation({
    mutationFn: () => setThresholds(Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== ""))),
    onSuccess: async (saved) => {
      client.setQueryData(keys.risk.promotion, saved);
      setTyped({});
      notifyDone("Saved. It holds for services that trade live already, too.");
      await client.invalidateQueries({ queryKey: keys.services.everyPromotion });
    },
  });
  const thresholds = known.data;
  if (!thresholds) return <Panel title={TITLE}>{known.error ? <ErrorState error={known.error} retry={() => void known.refetch()} /> : <LoadingRows rows={3} />}</Panel>;
  const isSet = thresholds.min_backtest_sessions !== null;
  const errors = fieldErrors(save.error);
  return (
    <Panel title={TITLE} aside={isSet ? <StateBadge state="ACTIVE" word="Thresholds are set" /> : <StateBadge state="INACTIVE" word="Nothing set: paper only" />} padded>
      <form
        className={classes.thresholds}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <p className="faint">
          A service trades real money only when a backtest of its very settings and its own time on paper reach what you ask here, and you have said so on its page. A changed setting or a restated
          price shuts the gate again.
        </p>
        <div className={classes.figures}>
          {FIELDS.map(({ name, label, suffix, isWhole }) => (
            <NumberField
              key={name}
              label={label}
              required={!isSet}
              withAsterisk={false}
              allowDecimal={!isWhole}
              thousandSeparator=","
              {...(suffix ? { suffix, placeholder: "%" } : {})}
              value={typed[name] ?? thresholds[name] ?? ""}
              onChange={(value) => setTyped((before) => ({ ...before, [name]: value }))}
              error={errors[name]}
            />
          ))}
        </div>
        {save.error && Object.keys(errors).length === 0 && (
          <div role="alert" className="loss">
            {inWords(save.error)}
          </div>
        )}
        <Button type="submit" ml="auto" loading={save.isPending} disabled={Object.keys(typed).length === 0}>
          Save the thresholds
        </Button>
      </form>
    </Panel>
  );
}
