import { useId, type ReactNode } from "react";

import classes from "./Panel.module.css";

interface PanelProps {
  title?: ReactNode;
  /** What stands at the right of the title: figures, links, actions. */
  aside?: ReactNode;
  /** Space around the content; tables and charts go to the edge. */
  padded?: boolean;
  children: ReactNode;
  className?: string;
}

/** A part of a page with a name. */
export function Panel({ title, aside, padded = false, children, className }: PanelProps) {
  const id = useId();
  return (
    <section className={[classes.panel, className].filter(Boolean).join(" ")} aria-labelledby={title ? id : undefined}>
      {(title ?? aside) && (
        <div className={classes.head}>
          {title && <h2 id={id}>{title}</h2>}
          {aside && <div className={classes.aside}>{aside}</div>}
        </div>
      )}
      <div className={padded ? classes.padded : undefined}>{children}</div>
    </section>
  );
}
