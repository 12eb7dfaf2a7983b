import { Accordion, Select } from "@mantine/core";
import type { ReactNode } from "react";

import type { Limits, Protected } from "@/lib/backtest/settings";
import { intervalTitle } from "@/lib/words/service";

import { numberFields, type SettingsForm } from "./numberFields";
import classes from "./Settings.module.css";

// The fields that a service, a backtest and a sweep have in common, each group once.

const INTERVALS = [0, 1, 5, 15, 30, 60].map((minutes) => ({ value: String(minutes), label: intervalTitle(minutes) }));

export const ALLOCATION = { suffix: " %", max: 100, step: 5, decimalScale: 4 } as const;

interface BudgetFieldsProps extends SettingsForm<Limits & Protected> {
  /** A service that has traded keeps its budget. */
  isFixed?: boolean;
  /** Each member of a portfolio has an allocation of its own. */
  isPortfolio?: boolean;
}

/** The money, and how much of it one buy may use. */
export function BudgetFields({ isFixed = false, isPortfolio = false, ...form }: BudgetFieldsProps) {
  const number = numberFields(form);
  return (
    <div className={classes.pair}>
      {number("cash", "Budget", { thousandSeparator: ",", decimalScale: 2, step: 1000, disabled: isFixed, ...(isFixed && { description: "Kept since its first trade" }) })}
      {!isPortfolio && number("allocation", "Used by one buy", ALLOCATION)}
    </div>
  );
}

/** What ends a position before the strategy does. */
export function ProtectionFields(form: SettingsForm<Protected>) {
  const number = numberFields(form);
  return (
    <div className={classes.pair}>
      {number("stop_loss", "Stop-loss", { suffix: " %", step: 0.5, description: "Below the entry; 0 is off" })}
      {number("take_profit", "Take-profit", { suffix: " %", step: 0.5, description: "Above the entry; 0 is off" })}
    </div>
  );
}

/** What an order may not use, and how large it may be. */
export function LimitFields(form: SettingsForm<Limits>) {
  const number = numberFields(form);
  return (
    <div className={classes.pair}>
      {number("minimum_balance", "Cash never below", { thousandSeparator: ",", decimalScale: 2 })}
      {number("shares", "Shares per buy, at most", { allowDecimal: false, placeholder: "by budget" })}
      {number("gap_reserve", "Kept back for a higher open", { suffix: " %", step: 0.5 })}
    </div>
  );
}

/** What trading costs, and how much of it a bar has room for. */
export function CostFields(form: SettingsForm<Limits>) {
  const number = numberFields(form);
  return (
    <div className={classes.pair}>
      {number("commission_per_order", "Fee per order", { decimalScale: 4 })}
      {number("commission_per_share", "Fee per share", { decimalScale: 6 })}
      {number("commission_percent", "Fee of the amount", { suffix: " %", decimalScale: 4, step: 0.05 })}
      {number("commission_minimum", "Fee at least", { decimalScale: 4 })}
      {number("slippage_bps", "Slippage, basis points", { decimalScale: 2 })}
      {number("volume_limit", "Of a bar's volume, at most", { suffix: " %", decimalScale: 2, max: 100, placeholder: "no limit", description: "One fill on paper takes no more" })}
    </div>
  );
}

interface BarsSelectProps {
  value: number;
  onChange: (interval: number) => void;
  error?: string | undefined;
}

/** The bars that a strategy reads. */
export function BarsSelect({ value, onChange, error }: BarsSelectProps) {
  return <Select label="Bars" allowDeselect={false} data={INTERVALS} value={String(value)} onChange={(chosen) => onChange(Number(chosen ?? 0))} error={error} />;
}

/** What is rarely changed, folded away. */
export function Folded({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Accordion variant="separated" keepMounted={false} chevronPosition="left" classNames={{ item: classes.item ?? "", control: classes.control ?? "", content: classes.content ?? "" }}>
      <Accordion.Item value="more">
        <Accordion.Control>{title}</Accordion.Control>
        <Accordion.Panel>
          <div className={classes.fields}>{children}</div>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
