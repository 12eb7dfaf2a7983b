import { Menu, UnstyledButton } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";

import { IconMore } from "@/components/icons";

import type { Entry } from "./navigation";
import classes from "./PhoneBar.module.css";

/** The pages on a phone: the main ones in reach of the thumb. */
export function PhoneBar({ entries }: { entries: Entry[] }) {
  const { pathname } = useLocation();
  const main = entries.filter((entry) => entry.isMain);
  const more = entries.filter((entry) => !entry.isMain);
  const isHere = (entry: Entry) => (entry.to === "/" ? pathname === "/" : pathname.startsWith(entry.to));
  return (
    <nav className={classes.bar} aria-label="Main pages">
      {main.map((entry) => (
        <Link key={entry.to} to={entry.to} className={classes.item} data-here={isHere(entry) || undefined} aria-current={isHere(entry) ? "page" : undefined}>
          {entry.icon}
          {entry.label}
        </Link>
      ))}
      {more.length > 0 && (
        <Menu position="top-end" width={190}>
          <Menu.Target>
            <UnstyledButton className={classes.item} data-here={more.some(isHere) || undefined}>
              <IconMore />
              More
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            {more.map((entry) => (
              <Menu.Item key={entry.to} component={Link} to={entry.to} leftSection={entry.icon}>
                {entry.label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </nav>
  );
}
