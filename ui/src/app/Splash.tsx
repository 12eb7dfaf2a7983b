import { IconLogo } from "@/components/icons";

import classes from "./Splash.module.css";

/** While it is found out who is here. */
export function Splash() {
  return (
    <div className={classes.splash} role="status" aria-label="DayTrader starts">
      <IconLogo size={40} />
    </div>
  );
}
