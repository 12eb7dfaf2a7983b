import { NumberInput, type NumberInputProps } from "@mantine/core";
import { useState } from "react";

import type { Typed } from "@/lib/backtest/settings";
import { numberTyped } from "@/lib/format/typed";

export interface NumberFieldProps extends Omit<NumberInputProps, "value" | "onChange"> {
  value: Typed;
  onChange: (value: Typed) => void;
}

const POINT = ["."]; // where commas group, none is a decimal point

/** A field for a number. What is only on the way to one, as "2." and "2.50", stays as it was typed. */
export function NumberField({ value, onChange, ...rest }: NumberFieldProps) {
  const [text, setText] = useState<number | string>(value);
  return (
    <NumberInput
      {...(rest.thousandSeparator ? { allowedDecimalSeparators: POINT } : {})}
      {...rest}
      value={numberTyped(text) === value ? text : value}
      onChange={(next) => {
        setText(next);
        onChange(numberTyped(next));
      }}
    />
  );
}
