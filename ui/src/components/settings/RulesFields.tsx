import { Accordion, NumberInput, Select, TextInput } from "@mantine/core";

import type { RunSettings, Typed } from "@/lib/backtest/settings";
import { intervalTitle } from "@/lib/words/service";

import classes from "./Settings.module.css";

interface RulesFieldsProps {
  settings: RunSettings;
  onChange: (change: Partial<RunSettings>) => void;
  errors: Record<string, string>;
  /** Sizing and protection are set for each member of a portfolio. */
  isPortfolio?: boolean;
}

const INTERVALS = [0, 1, 5, 15, 30, 60].map((minutes) => ({ value: String(minutes), label: intervalTitle(minutes) }));

/** The span, the money and the protection of a run; what is rarely changed is folded away. */
export function RulesFields({ settings, onChange, errors, isPortfolio = false }: RulesFieldsProps) {
  const number = (name: keyof RunSettings, label: string, more: Partial<Parameters<typeof NumberInput>[0]> = {}) => (
    <NumberInput
      label={label}
      min={0}
      value={settings[name] as Typed}
      onChange={(value) => onChange({ [name]: typeof value === "number" ? value : "" })}
      error={errors[name]}
      {...more}
    />
  );
  const day = (name: "start" | "end", label: string) => (
    <TextInput type="date" label={label} value={settings[name]} onChange={(event) => onChange({ [name]: event.currentTarget.value })} error={errors[name]} />
  );
  return (
    <>
      <div className={classes.pair}>
        {day("start", "From")}
        {day("end", "To")}
      </div>
      <div className={classes.pair}>
        {number("cash", "Budget", { thousandSeparator: ",", decimalScale: 2, step: 1000 })}
        {!isPortfolio && number("allocation", "Used by one buy", { suffix: " %", max: 100, step: 5, decimalScale: 4 })}
      </div>
      {!isPortfolio && (
        <div className={classes.pair}>
          {number("stop_loss", "Stop-loss", { suffix: " %", step: 0.5, description: "Below the entry; 0 is off" })}
          {number("take_profit", "Take-profit", { suffix: " %", step: 0.5, description: "Above the entry; 0 is off" })}
        </div>
      )}
      <Accordion variant="separated" chevronPosition="left" classNames={{ item: classes.item ?? "", control: classes.control ?? "", content: classes.content ?? "" }}>
        <Accordion.Item value="more">
          <Accordion.Control>Bars, fills, limits and costs</Accordion.Control>
          <Accordion.Panel>
            <div className={classes.fields}>
              <div className={classes.pair}>
                <Select label="Bars" allowDeselect={false} data={INTERVALS} value={String(settings.interval)} onChange={(value) => onChange({ interval: Number(value ?? 0) })} error={errors["interval"]} />
                <Select
                  label="Orders fill"
                  allowDeselect={false}
                  data={[
                    { value: "next_open", label: "At the next open" },
                    { value: "close", label: "At the same close" },
                  ]}
                  value={settings.fill}
                  onChange={(value) => onChange({ fill: value === "close" ? "close" : "next_open" })}
                />
                <Select
                  label="Prices"
                  allowDeselect={false}
                  data={[
                    { value: "raw", label: "As traded" },
                    { value: "adjusted", label: "Adjusted" },
                  ]}
                  value={settings.prices}
                  onChange={(value) => onChange({ prices: value === "adjusted" ? "adjusted" : "raw" })}
                />
              </div>
              <div className={classes.pair}>
                {number("minimum_balance", "Cash never below", { thousandSeparator: ",", decimalScale: 2 })}
                {number("shares", "Shares per buy, at most", { allowDecimal: false, placeholder: "by budget" })}
                {number("gap_reserve", "Kept back for a gap", { suffix: " %", step: 0.5 })}
              </div>
              <div className={classes.pair}>
                {number("commission_per_order", "Fee per order", { decimalScale: 4 })}
                {number("commission_per_share", "Fee per share", { decimalScale: 6 })}
                {number("commission_percent", "Fee of the amount", { suffix: " %", decimalScale: 4, step: 0.05 })}
                {number("commission_minimum", "Fee at least", { decimalScale: 4 })}
                {number("slippage_bps", "Slippage, basis points", { decimalScale: 2 })}
              </div>
            </div>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </>
  );
}
