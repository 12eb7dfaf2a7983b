import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { IconWarning } from "@/components/icons";
import { getRisk } from "@/lib/api/risk/getRisk";
import type { Service } from "@/lib/api/schema";
import type { Notification } from "@/lib/socket/protocol";
import { useLiveEvent } from "@/lib/socket/useLive";
import { isUnprotected } from "@/lib/words/service";

import classes from "./Dashboard.module.css";

const NOTICES_KEPT = 3;
const SEVERITIES = { info: "info", warning: "wait", error: "bad", critical: "bad" } as const;

/** What the market overtakes when it moves on. */
const isPassing = (notice: Notification): boolean => notice.severity === "info";

/** What wants a person: services that stopped themselves, positions that nothing guards, notices of the system. */
export function Alerts({ services }: { services: Service[] }) {
  const [notices, setNotices] = useState<Notification[]>([]);
  useLiveEvent("system:notification", ({ entity }) => {
    setNotices((known) => [entity, ...known.filter((notice) => notice.message !== entity.message)].slice(0, NOTICES_KEPT));
  });
  useLiveEvent("price:update", () => setNotices((known) => (known.some(isPassing) ? known.filter((notice) => !isPassing(notice)) : known)));
  const broken = services.filter((service) => service.state === "ERROR");
  const bare = services.filter((service) => service.state !== "ERROR" && isUnprotected(service));
  const risk = useQuery(getRisk()).data;
  const isStopped = risk !== undefined && (risk.is_killed || risk.is_installation_killed);
  if (broken.length + bare.length + notices.length === 0 && !isStopped) return null;
  return (
    <ul className={classes.alerts} aria-label="Alerts">
      {isStopped && (
        <Alert severity="bad">
          {risk.is_killed ? "You have" : "An administrator has"} stopped all buying{risk.kill_reason && risk.is_killed ? `: ${risk.kill_reason}` : ""}. Stops stay in force. {risk.is_killed && <Link to="/settings">Let it go on</Link>}
        </Alert>
      )}
      {broken.map((service) => (
        <Alert key={service.id} severity="bad">
          <ServiceLink service={service} /> has stopped itself: {service.error_reason}
          {isUnprotected(service) && `; its ${service.current_shares.toLocaleString("en-US")} shares have no stop-loss`}
        </Alert>
      ))}
      {bare.map((service) => (
        <Alert key={service.id} severity="wait">
          <ServiceLink service={service} /> {service.state === "INACTIVE" ? "is stopped and still holds" : "holds"} {service.current_shares.toLocaleString("en-US")} shares of {service.stock_symbol} without a stop-loss.
        </Alert>
      ))}
      {notices.map((notice, index) => (
        <Alert key={`notice${index}`} severity={SEVERITIES[notice.severity]}>
          {notice.message}
        </Alert>
      ))}
    </ul>
  );
}

function Alert({ severity, children }: { severity: "bad" | "wait" | "info"; children: React.ReactNode }) {
  return (
    <li className={classes.alert} data-severity={severity}>
      <IconWarning className={severity === "bad" ? "loss" : undefined} />
      <span>{children}</span>
    </li>
  );
}

function ServiceLink({ service }: { service: Service }) {
  return (
    <Link to="/services/$serviceId" params={{ serviceId: String(service.id) }}>
      {service.name}
    </Link>
  );
}
