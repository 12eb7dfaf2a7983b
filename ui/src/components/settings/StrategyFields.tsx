import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { NumberField } from "@/components/NumberField";
import { listStrategies } from "@/lib/api/strategies/listStrategies";
import type { Strategy } from "@/lib/api/schema";
import type { Typed } from "@/lib/backtest/settings";
import { strategyTitle } from "@/lib/words/service";
import { settingTitle } from "@/lib/words/settings";

import classes from "./Settings.module.css";

interface StrategyFieldsProps {
  strategy: string;
  params: Record<string, Typed>;
  onChange: (change: { strategy?: string; params: Record<string, Typed> }) => void;
  errors: Record<string, string>;
  /** Parameters that are set elsewhere. */
  without?: string[];
}

/** A strategy with its parameters, as the server describes them. */
export function StrategyFields({ strategy, params, onChange, errors, without = [] }: StrategyFieldsProps) {
  const strategies = useStrategies();
  const chosen = strategies.find((one) => one.name === strategy);
  const parameters = (chosen?.parameters ?? []).filter((parameter) => !without.includes(parameter.name));
  return (
    <>
      <Select
        label="Strategy"
        description={chosen?.description}
        allowDeselect={false}
        data={strategies.length > 0 ? strategies.map((one) => ({ value: one.name, label: strategyTitle(one.name) })) : [{ value: strategy, label: strategyTitle(strategy) }]}
        value={strategy}
        onChange={(value) => value && onChange({ strategy: value, params: {} })}
        error={errors["strategy"] ?? errors["params"]}
      />
      {parameters.length > 0 && (
        <div className={classes.pair}>
          {parameters.map((parameter) => (
            <NumberField
              key={parameter.name}
              label={settingTitle(parameter.name)}
              description={parameter.description}
              allowDecimal={parameter.type !== "integer"}
              min={parameter.minimum}
              max={parameter.maximum}
              step={parameter.type === "integer" ? 1 : 0.1}
              value={params[parameter.name] ?? parameter.default}
              onChange={(value) => onChange({ params: { ...params, [parameter.name]: value } })}
              error={errors[parameter.name]}
            />
          ))}
        </div>
      )}
    </>
  );
}

/** Every strategy of the server. */
export function useStrategies(): Strategy[] {
  return useQuery({ ...listStrategies(), staleTime: Infinity }).data?.items ?? [];
}
