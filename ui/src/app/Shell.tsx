import { Link, Outlet, useLocation } from "@tanstack/react-router";

import { IconLogo } from "@/components/icons";
import { useUser } from "@/lib/auth/useSession";

import { LiveBanner } from "./LiveBanner";
import { NAVIGATION } from "./navigation";
import { PhoneBar } from "./PhoneBar";
import classes from "./Shell.module.css";
import { TopBar } from "./TopBar";

/** What surrounds every page of a signed-in user. */
export function Shell() {
  const user = useUser();
  const entries = NAVIGATION.filter((entry) => !entry.isForAdmins || user.is_admin);
  return (
    <div className={classes.shell}>
      <a href="#main" className={classes.skip}>
        Skip to the content
      </a>
      <aside className={classes.side}>
        <Link to="/" className={classes.brand}>
          <IconLogo size={22} />
          <span>DayTrader</span>
        </Link>
        <nav aria-label="Pages">
          <ul className={classes.nav}>
            {entries.map((entry) => (
              <li key={entry.to}>
                <NavLink entry={entry} />
              </li>
            ))}
          </ul>
        </nav>
        <div className={classes.foot}>
          <a href="/api/v1/docs">API</a>
          <span className="faint">Not investment advice.</span>
        </div>
      </aside>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1}>
        <LiveBanner />
        <Outlet />
      </main>
      <PhoneBar entries={entries} />
    </div>
  );
}

function NavLink({ entry }: { entry: (typeof NAVIGATION)[number] }) {
  const { pathname } = useLocation();
  const isHere = entry.to === "/" ? pathname === "/" : pathname === entry.to || pathname.startsWith(`${entry.to}/`);
  return (
    <Link to={entry.to} className={`${classes.link} ${isHere ? classes.here : ""}`} aria-current={isHere ? "page" : undefined}>
      {entry.icon}
      {entry.label}
    </Link>
  );
}
