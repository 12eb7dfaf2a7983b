import { NumberField, type NumberFieldProps } from "@/components/NumberField";
import type { Typed } from "@/lib/backtest/settings";

/** Settings while they are typed, what is told of a change, and what the server refused. */
export interface SettingsForm<Settings> {
  settings: Settings;
  onChange: (change: Partial<Settings>) => void;
  errors: Record<string, string>;
}

/** How a form draws its number inputs: by the setting's name, empty where none is given. */
export function numberFields<Settings>({ settings, onChange, errors }: SettingsForm<Settings>) {
  return (name: keyof Settings & string, label: string, more: Partial<NumberFieldProps> = {}) => (
    <NumberField
      label={label}
      min={0}
      value={settings[name] as Typed}
      onChange={(value) => onChange({ [name]: value } as unknown as Partial<Settings>)}
      error={errors[name]}
      {...more}
    />
  );
}
