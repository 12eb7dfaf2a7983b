import { Button, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Fragment, useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { IconPause, IconPlay } from "@/components/icons";
import { notifyDone } from "@/components/notify";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { EmptyState, ErrorState, LoadingRows } from "@/components/States";
import { Time } from "@/components/Time";
import { ApiError } from "@/lib/api/errors";
import { keys } from "@/lib/api/keys";
import type { Engine } from "@/lib/api/schema";
import { useLiveEvent } from "@/lib/socket/useLive";

import classes from "./Admin.module.css";
import { flatten } from "./api/flatten";
import { getEngine } from "./api/getEngine";
import { getHealth } from "./api/getHealth";
import { pauseEngine } from "./api/pauseEngine";
import { resumeEngine } from "./api/resumeEngine";
import { LimitsPanel } from "./LimitsPanel";

const WORD = "FLATTEN";
const BADGES: Record<string, string> = { running: "ACTIVE", idle: "ACTIVE", paused: "PAUSED", starting: "QUEUED", stopped: "INACTIVE", failed: "FAILED" };

/** The engine of this process, what holds all trading, and whether every part is well. */
export function EngineSection() {
  const client = useQueryClient();
  const engine = useQuery(getEngine());
  const health = useQuery(getHealth());
  const refresh = async () => {
    await Promise.all([client.invalidateQueries({ queryKey: keys.admin.engine }), client.invalidateQueries({ queryKey: keys.admin.health })]);
  };
  useLiveEvent("price:update", () => void client.invalidateQueries({ queryKey: keys.admin.engine }));
  const isMissing = engine.error instanceof ApiError && engine.error.status === 409;
  return (
    <>
      <div className={classes.columns}>
        <Panel title="Engine" padded={engine.data !== undefined}>
          {engine.data ? (
            <>
              <EngineFacts engine={engine.data} />
              <EngineActs engine={engine.data} refresh={refresh} />
            </>
          ) : isMissing ? (
            <EmptyState title="No engine runs in this process">Start it with `daytrader run`: without one nobody's service trades.</EmptyState>
          ) : engine.error ? (
            <ErrorState error={engine.error} retry={() => void engine.refetch()} />
          ) : (
            <LoadingRows />
          )}
        </Panel>
        <Panel title="Health" padded={health.data !== undefined} aside={<Button variant="default" onClick={() => void health.refetch()} loading={health.isRefetching}>Look again</Button>}>
          {health.data ? <Parts status={health.data.status} parts={health.data.parts ?? {}} /> : health.error ? <ErrorState error={health.error} retry={() => void health.refetch()} /> : <LoadingRows />}
        </Panel>
      </div>
      <LimitsPanel />
    </>
  );
}

function EngineFacts({ engine }: { engine: Engine }) {
  return (
    <dl className={classes.pairs}>
      <dt>State</dt>
      <dd><StateBadge state={BADGES[engine.state] ?? "QUEUED"} word={engine.state} /></dd>
      <dt>Orders and books reconciled</dt>
      <dd>{engine.is_ready ? "yes" : "not yet"}</dd>
      <dt>Bars from</dt>
      <dd>{engine.feed ?? "–"}</dd>
      <dt>Has come to</dt>
      <dd><Time value={engine.position} /></dd>
      <dt>Services at work</dt>
      <dd>{engine.services}</dd>
      {engine.accounts.map((one) => (
        <Fragment key={`${one.broker} ${one.account}`}>
          <dt>Account {one.account} at {one.broker}</dt>
          <dd className={one.error ? "loss" : undefined}>{one.error ?? (one.is_reconciled ? "agrees with its books" : "not yet compared with its books")}</dd>
        </Fragment>
      ))}
      {engine.error && (
        <>
          <dt>What went wrong</dt>
          <dd className="loss">{engine.error}</dd>
        </>
      )}
    </dl>
  );
}

function EngineActs({ engine, refresh }: { engine: Engine; refresh: () => Promise<void> }) {
  const [dialog, setDialog] = useState<"pause" | "resume" | "flatten" | null>(null);
  const [typed, setTyped] = useState("");
  const isPaused = engine.state === "paused";
  const close = () => {
    setDialog(null);
    setTyped("");
  };
  return (
    <>
      <div className={classes.acts}>
        {isPaused ? (
          <Button leftSection={<IconPlay size={14} />} onClick={() => setDialog("resume")}>Resume all trading</Button>
        ) : (
          <Button variant="default" leftSection={<IconPause size={14} />} onClick={() => setDialog("pause")}>Pause all trading</Button>
        )}
        <Button color="red.8" onClick={() => setDialog("flatten")}>Sell everything</Button>
      </div>
      <ConfirmDialog isOpen={dialog === "pause"} onClose={close} title="Pause all trading" act="Pause all trading" isDestructive onConfirm={async () => { await pauseEngine(); await refresh(); }}>
        <div>The bar in hand is finished, then no further one is taken. Nobody&apos;s service trades, and no stop-loss is watched, until trading is resumed.</div>
      </ConfirmDialog>
      <ConfirmDialog isOpen={dialog === "resume"} onClose={close} title="Resume all trading" act="Resume all trading" onConfirm={async () => { await resumeEngine(); await refresh(); }}>
        <div>It goes on where it was paused.</div>
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={dialog === "flatten"}
        onClose={close}
        title="Sell everything"
        act="Sell everything"
        isDestructive
        isDisabled={typed !== WORD}
        onConfirm={async () => {
          const done = await flatten();
          notifyDone(`${done.paused} services paused, ${done.cancelled} entries cancelled, ${done.selling} positions are sold at the next open.`);
          await refresh();
        }}
      >
        <div>Every service at work, of every user, is paused. Entries that have not filled are cancelled, and every position is sold at the next open. This cannot be taken back.</div>
        <TextInput label={`Type ${WORD} to go on`} autoComplete="off" data-autofocus value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
      </ConfirmDialog>
    </>
  );
}

function Parts({ status, parts }: { status: string; parts: Record<string, unknown> }) {
  return (
    <dl className={classes.pairs}>
      <dt>Server</dt>
      <dd><StateBadge state={status === "ok" ? "ACTIVE" : "FAILED"} word={status} /></dd>
      {Object.entries(parts).map(([name, value]) => (
        <Part key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function Part({ name, value }: { name: string; value: unknown }) {
  const words = inWords(value);
  return (
    <>
      <dt>{name.charAt(0).toUpperCase() + name.slice(1)}</dt>
      <dd>{words}</dd>
    </>
  );
}

function inWords(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (value === null || typeof value !== "object") return "–";
  const known = value as Record<string, unknown>;
  if (typeof known["state"] === "string") return known["state"];
  return Object.entries(known).map(([name, count]) => `${String(count)} ${name.toLowerCase()}`).join(", ") || "none";
}
