import { Accordion, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { listStrategies } from "@/lib/api/strategies/listStrategies";
import { listStocks } from "@/lib/api/stocks/listStocks";
import { intervalTitle, strategyTitle } from "@/lib/words/service";

import { defaultsOf, type Settings, type Typed } from "./settings";
import classes from "./SettingsFields.module.css";

interface SettingsFieldsProps {
  settings: Settings;
  onChange: (change: Partial<Settings>) => void;
  errors: Record<string, string>;
  /** Stock and initial balance are fixed once there is a transaction. */
  hasTraded?: boolean;
}

const INTERVALS = [0, 1, 5, 15, 30, 60].map((minutes) => ({ value: String(minutes), label: intervalTitle(minutes) }));

/** Everything that a service is set by, the important first. */
export function SettingsFields({ settings, onChange, errors, hasTraded = false }: SettingsFieldsProps) {
  const strategies = useQuery({ ...listStrategies(), staleTime: Infinity }).data?.items ?? [];
  const stocks = useQuery(listStocks({ is_active: true, sort: "symbol", order: "asc", page_size: 100 })).data?.items ?? [];
  const strategy = strategies.find((one) => one.name === settings.strategy);
  const isTechnical = settings.strategy === "technical";
  const number = (name: keyof Settings, label: string, more: Partial<Parameters<typeof NumberInput>[0]> = {}) => (
    <NumberInput
      label={label}
      min={0}
      value={settings[name] as Typed}
      onChange={(value) => onChange({ [name]: typeof value === "number" ? value : "" })}
      error={errors[name]}
      {...more}
    />
  );
  return (
    <div className={classes.fields}>
      <div className={classes.pair}>
        <Select
          label="Stock"
          placeholder="Choose a stock"
          searchable
          disabled={hasTraded}
          data={[...new Set([...stocks.map((stock) => stock.symbol), ...(settings.stock_symbol ? [settings.stock_symbol] : [])])]}
          renderOption={({ option }) => (
            <span>
              <strong>{option.value}</strong> <span className="faint">{stocks.find((stock) => stock.symbol === option.value)?.name}</span>
            </span>
          )}
          value={settings.stock_symbol || null}
          onChange={(value) => onChange({ stock_symbol: value ?? "" })}
          error={errors["stock_symbol"]}
        />
        <TextInput label="Name" maxLength={100} value={settings.name} onChange={(event) => onChange({ name: event.currentTarget.value })} error={errors["name"]} />
      </div>
      <div className={classes.pair}>
        {number("initial_balance", "Budget", { thousandSeparator: ",", decimalScale: 2, disabled: hasTraded, step: 1000 })}
        {number("allocation", "Used by one buy", { suffix: " %", max: 100, step: 5, decimalScale: 4, error: errors["allocation_percent"] })}
      </div>

      <Select
        label="Strategy"
        description={strategy?.description}
        allowDeselect={false}
        data={strategies.map((one) => ({ value: one.name, label: strategyTitle(one.name) }))}
        value={settings.strategy}
        onChange={(value) => onChange({ strategy: value ?? "technical", strategy_params: defaultsOf(strategies.find((one) => one.name === value)) })}
        error={errors["strategy"] ?? errors["strategy_params"]}
      />
      {(isTechnical || (strategy?.parameters.length ?? 0) > 0) && (
        <div className={classes.pair}>
          {isTechnical && number("buy_threshold", "Buy below SMA 5 by", { suffix: " %", step: 0.5 })}
          {isTechnical && number("sell_threshold", "Sell above SMA 5 by", { suffix: " %", step: 0.5 })}
          {strategy?.parameters
            .filter((parameter) => !isTechnical || !["buy_threshold", "sell_threshold"].includes(parameter.name))
            .map((parameter) => (
              <NumberInput
                key={parameter.name}
                label={titled(parameter.name)}
                description={parameter.description}
                allowDecimal={parameter.type !== "integer"}
                min={parameter.minimum}
                max={parameter.maximum}
                step={parameter.type === "integer" ? 1 : 0.1}
                value={settings.strategy_params[parameter.name] ?? parameter.default}
                onChange={(value) => onChange({ strategy_params: { ...settings.strategy_params, [parameter.name]: typeof value === "number" ? value : "" } })}
              />
            ))}
        </div>
      )}
      <div className={classes.pair}>
        {number("stop_loss_percent", "Stop-loss", { suffix: " %", step: 0.5, description: "Below the entry; 0 is off" })}
        {number("take_profit_percent", "Take-profit", { suffix: " %", step: 0.5, description: "Above the entry; 0 is off" })}
      </div>

      <Accordion variant="separated" chevronPosition="left" classNames={{ item: classes.item ?? "", control: classes.control ?? "", content: classes.content ?? "" }}>
        <Accordion.Item value="more">
          <Accordion.Control>Bars, limits and costs</Accordion.Control>
          <Accordion.Panel>
            <div className={classes.fields}>
              <div className={classes.pair}>
                <Select label="Bars" allowDeselect={false} data={INTERVALS} value={String(settings.interval)} onChange={(value) => onChange({ interval: Number(value ?? 0) })} error={errors["interval"]} />
                {number("minimum_balance", "Cash never below", { thousandSeparator: ",", decimalScale: 2 })}
                {number("fixed_shares", "Shares per buy, at most", { allowDecimal: false, placeholder: "by budget" })}
                {number("gap_reserve_percent", "Kept back for a higher open", { suffix: " %", step: 0.5 })}
              </div>
              <div className={classes.pair}>
                {number("commission_per_order", "Fee per order", { decimalScale: 4 })}
                {number("commission_per_share", "Fee per share", { decimalScale: 6 })}
                {number("commission_percent", "Fee of the amount", { suffix: " %", decimalScale: 4, step: 0.05 })}
                {number("commission_minimum", "Fee at least", { decimalScale: 4 })}
                {number("slippage_bps", "Slippage, basis points", { decimalScale: 2 })}
              </div>
              <Switch
                label="Keep the stop-loss in force while paused or holding"
                checked={settings.keep_protection}
                onChange={(event) => onChange({ keep_protection: event.currentTarget.checked })}
              />
            </div>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </div>
  );
}

function titled(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
