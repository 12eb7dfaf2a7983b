import { useEffect, useState } from "react";

import { IconWarning } from "@/components/icons";
import { useLiveStatus } from "@/lib/socket/useLive";

import classes from "./LiveBanner.module.css";

const PATIENCE_MILLISECONDS = 2500; // a blink is not worth a word

/** Says that figures stand still, for as long as they do. It lies over the page: nothing moves. */
export function LiveBanner() {
  const status = useLiveStatus();
  const isAway = status === "offline" || status === "refused";
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(isAway), isAway ? PATIENCE_MILLISECONDS : 0);
    return () => clearTimeout(timer);
  }, [isAway]);
  if (!isShown) return null;
  return (
    <div className={classes.banner} role="alert">
      <IconWarning />
      No connection to the server. The figures stand still; what was missed comes by itself.
    </div>
  );
}
