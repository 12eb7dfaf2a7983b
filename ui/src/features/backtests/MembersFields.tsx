import { ActionIcon, Button } from "@mantine/core";

import { IconClose, IconPlus } from "@/components/icons";
import { numberFields } from "@/components/settings/numberFields";
import settingsClasses from "@/components/settings/Settings.module.css";
import { StockSelect } from "@/components/settings/StockSelect";
import { StrategyFields } from "@/components/settings/StrategyFields";
import { ALLOCATION, ProtectionFields } from "@/components/settings/TradedFields";
import { newMember, type MemberSettings } from "@/lib/backtest/settings";

import classes from "./Backtests.module.css";

interface MembersFieldsProps {
  members: MemberSettings[];
  onChange: (members: MemberSettings[]) => void;
  /** The stock that another member begins with. */
  next: string;
}

/** The members of a portfolio, in the order in which they act on a bar. */
export function MembersFields({ members, onChange, next }: MembersFieldsProps) {
  const set = (row: number, part: Partial<MemberSettings>) => onChange(members.map((member, at) => (at === row ? { ...member, ...part } : member)));
  return (
    <>
      <ol className={classes.members}>
        {members.map((member, row) => (
          <li key={row}>
            <fieldset className={classes.member}>
              <legend>
                Member {row + 1}
                <ActionIcon aria-label={`Remove member ${row + 1}`} disabled={members.length === 1} onClick={() => onChange(members.filter((_, at) => at !== row))}>
                  <IconClose />
                </ActionIcon>
              </legend>
              <Member member={member} onChange={(part) => set(row, part)} />
            </fieldset>
          </li>
        ))}
      </ol>
      <Button variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange([...members, newMember(next)])}>
        Add a member
      </Button>
    </>
  );
}

function Member({ member, onChange }: { member: MemberSettings; onChange: (part: Partial<MemberSettings>) => void }) {
  const form = { settings: member, onChange, errors: {} };
  const number = numberFields(form);
  return (
    <div className={settingsClasses.fields}>
      <div className={settingsClasses.pair}>
        <StockSelect label="Stock" value={member.symbol} onChange={(symbol) => onChange({ symbol })} />
        {number("budget", "Cash of its own", { thousandSeparator: ",", decimalScale: 2, step: 1000, placeholder: "shares the rest" })}
      </div>
      <StrategyFields strategy={member.strategy} params={member.params} onChange={onChange} errors={{}} />
      {number("allocation", "Used by one buy", ALLOCATION)}
      <ProtectionFields {...form} />
    </div>
  );
}
