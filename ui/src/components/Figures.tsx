import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./Figures.module.css";

export interface Figure {
  label: string;
  value: ReactNode;
  note?: ReactNode;
  /** What it means, on hover and focus. */
  about?: string;
}

/** Key figures side by side. */
export function Figures({ items }: { items: Figure[] }) {
  return (
    <dl className={classes.figures}>
      {items.map((item) => (
        <div key={item.label} className={classes.figure}>
          <dt>{item.about ? <Tooltip label={item.about}><span>{item.label}</span></Tooltip> : item.label}</dt>
          <dd>
            {item.value} {item.note && <span className={classes.note}>{item.note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
