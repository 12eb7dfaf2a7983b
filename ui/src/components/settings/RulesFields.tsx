import { Select, TextInput } from "@mantine/core";

import type { RunSettings } from "@/lib/backtest/settings";

import type { SettingsForm } from "./numberFields";
import classes from "./Settings.module.css";
import { BarsSelect, BudgetFields, CostFields, Folded, LimitFields, ProtectionFields } from "./TradedFields";

interface RulesFieldsProps extends SettingsForm<RunSettings> {
  /** Sizing and protection are set for each member of a portfolio. */
  isPortfolio?: boolean;
}

/** The span, the money and the protection of a run; what is rarely changed is folded away. */
export function RulesFields({ isPortfolio = false, ...form }: RulesFieldsProps) {
  const { settings, onChange, errors } = form;
  const day = (name: "start" | "end", label: string) => (
    <TextInput type="date" label={label} value={settings[name]} onChange={(event) => onChange({ [name]: event.currentTarget.value })} error={errors[name]} />
  );
  return (
    <>
      <div className={classes.pair}>
        {day("start", "From")}
        {day("end", "To")}
      </div>
      <BudgetFields {...form} isPortfolio={isPortfolio} />
      {!isPortfolio && <ProtectionFields {...form} />}
      <Folded title="Bars, fills, limits and costs">
        <div className={classes.pair}>
          <BarsSelect value={settings.interval} onChange={(interval) => onChange({ interval })} error={errors["interval"]} />
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
        <LimitFields {...form} />
        <CostFields {...form} />
      </Folded>
    </>
  );
}
