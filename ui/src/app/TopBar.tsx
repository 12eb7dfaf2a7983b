import { ActionIcon, Menu, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { IconLogo, IconMoon, IconSettings, IconSignOut, IconSun, IconUser } from "@/components/icons";
import { getInfo } from "@/lib/api/system/getInfo";
import { session } from "@/lib/auth/session";
import { useUser } from "@/lib/auth/useSession";
import { formatMoment } from "@/lib/format/time";
import { barTime } from "@/lib/socket/protocol";
import { useLiveEvent, useLiveStatus } from "@/lib/socket/useLive";

import classes from "./TopBar.module.css";

const STATUS = { connecting: "Connecting", live: "Live", offline: "Offline", refused: "Reconnecting" } as const;

/** Where the market stands, whether what is shown is live, and who is looking at it. */
export function TopBar() {
  const user = useUser();
  const status = useLiveStatus();
  return (
    <div className={classes.bar}>
      <Link to="/" className={classes.brand} aria-label="DayTrader, to the dashboard">
        <IconLogo size={22} />
      </Link>
      <MarketTime />
      <div className={classes.end}>
        <span className={classes.live} data-status={status} role="status">
          <span className={classes.dot} aria-hidden="true" />
          {STATUS[status]}
        </span>
        <SchemeSwitch />
        <Menu position="bottom-end" width={200}>
          <Menu.Target>
            <UnstyledButton className={classes.user} aria-label={`${user.username}, account`}>
              <IconUser />
              <span className={classes.name}>{user.username}</span>
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{user.email}</Menu.Label>
            <Menu.Item leftSection={<IconSettings />} component={Link} to="/settings">
              Settings
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item leftSection={<IconSignOut />} onClick={() => void session.signOut()}>
              Sign out
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
    </div>
  );
}

function MarketTime() {
  const { data: info } = useQuery(getInfo());
  const [heard, setHeard] = useState<string | null>(null);
  useLiveEvent("price:update", ({ entity }) => {
    const moment = barTime(entity);
    if (moment) setHeard((known) => (known === null || moment > known ? moment : known));
  });
  const isReplay = Boolean(info?.market_time);
  const moment = heard ?? info?.market_time;
  return (
    <div className={classes.market}>
      {moment && (
        <>
          <span className="faint">{isReplay ? "Replay" : "Last bar"}</span>
          <span className="numeric" data-testid="market-time">{formatMoment(moment)}</span>
          {isReplay && (
            <Tooltip label="Stored prices are played back as if they happened now. Orders fill on paper: no broker, no money.">
              <span className={classes.paper}>Paper</span>
            </Tooltip>
          )}
        </>
      )}
    </div>
  );
}

function SchemeSwitch() {
  // Without the transition's style element, which the policy would refuse.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const isDark = useComputedColorScheme("light") === "dark";
  const label = isDark ? "Light colours" : "Dark colours";
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={() => setColorScheme(isDark ? "light" : "dark")}>
        {isDark ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}
