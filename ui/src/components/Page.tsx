import { useEffect, type ReactNode } from "react";

import classes from "./Page.module.css";

interface PageProps {
  title: string;
  /** What stands where the title would, if it is more than words. */
  heading?: ReactNode;
  subtitle?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page: its title, also in the browser's tab, what can be done on it, and its panels. */
export function Page({ title, heading, subtitle, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · DayTrader`;
  }, [title]);
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <div className={classes.titles}>
          <h1>{heading ?? title}</h1>
          {subtitle && <span className="faint">{subtitle}</span>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
