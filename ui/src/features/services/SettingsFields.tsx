import { Switch, TextInput } from "@mantine/core";

import type { SettingsForm } from "@/components/settings/numberFields";
import settingsClasses from "@/components/settings/Settings.module.css";
import { StockSelect } from "@/components/settings/StockSelect";
import { StrategyFields, useStrategies } from "@/components/settings/StrategyFields";
import { BarsSelect, BudgetFields, CostFields, Folded, LimitFields, ProtectionFields } from "@/components/settings/TradedFields";

import { defaultsOf, namedAsTyped, type Settings } from "./settings";

interface SettingsFieldsProps extends SettingsForm<Settings> {
  /** Stock and initial balance are fixed once there is a transaction. */
  hasTraded?: boolean;
}

/** Everything that a service is set by, the important first. */
export function SettingsFields({ settings, onChange, errors: refused, hasTraded = false }: SettingsFieldsProps) {
  const strategies = useStrategies();
  const errors = namedAsTyped(refused);
  const form = { settings, onChange, errors };
  return (
    <div className={settingsClasses.fields}>
      <div className={settingsClasses.pair}>
        <StockSelect label="Stock" isAny disabled={hasTraded} value={settings.symbol} onChange={(symbol) => onChange({ symbol })} error={errors["symbol"]} />
        <TextInput label="Name" maxLength={100} value={settings.name} onChange={(event) => onChange({ name: event.currentTarget.value })} error={errors["name"]} />
      </div>
      <BudgetFields {...form} isFixed={hasTraded} />
      <StrategyFields
        strategy={settings.strategy}
        params={settings.params}
        errors={errors}
        onChange={({ strategy, params }) => onChange(strategy ? { strategy, params: defaultsOf(strategies.find((one) => one.name === strategy)) } : { params })}
      />
      <ProtectionFields {...form} />
      <Folded title="Bars, limits and costs">
        <BarsSelect value={settings.interval} onChange={(interval) => onChange({ interval })} error={errors["interval"]} />
        <LimitFields {...form} />
        <CostFields {...form} />
        <Switch
          label="Keep the stop-loss in force while paused or holding"
          checked={settings.keep_protection}
          onChange={(event) => onChange({ keep_protection: event.currentTarget.checked })}
        />
      </Folded>
    </div>
  );
}
