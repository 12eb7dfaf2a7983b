import { io, type Socket } from "socket.io-client";

import { session } from "@/lib/auth/session";

import type { Envelope, LiveName } from "./protocol";

/**
 * The one socket of this page. It joins the rooms that pages need, remembers the last sequence it heard, and after an
 * interruption has what it missed sent again, in order, before anything new.
 */

export type LiveStatus = "connecting" | "live" | "offline" | "refused";

type Hear<Name extends LiveName> = (envelope: Envelope<Name>) => void;
type Resumption = { status: string; replayed?: number; more?: boolean };

/** What every page hears: the user's own things, and prices. */
const ROOMS = ["services", "transactions", "metrics", "price_updates", "stocks", "system"];
const FIRST_RETRY_MILLISECONDS = 500;
const LONGEST_RETRY_MILLISECONDS = 8000;
const REFUSED_RETRY_MILLISECONDS = 10_000;

class Live {
  private socket: Socket | null = null;
  private state: LiveStatus = "connecting";
  private sequence = 0;
  private readonly statusListeners = new Set<() => void>();
  private readonly hearers = new Map<LiveName, Set<Hear<never>>>();
  private readonly missedListeners = new Set<() => void>();
  private readonly rooms = new Map<string, number>();
  private readonly newest = new Map<string, number>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.statusListeners.add(listener);
    return () => this.statusListeners.delete(listener);
  };

  readonly snapshot = (): LiveStatus => this.state;

  /** Hear events of one name; returns how to stop. */
  on<Name extends LiveName>(name: Name, hear: Hear<Name>): () => void {
    const all = this.hearers.get(name) ?? new Set();
    this.hearers.set(name, all.add(hear));
    return () => all.delete(hear);
  }

  /** Be told when events may have been missed for good. */
  onMissed(listener: () => void): () => void {
    this.missedListeners.add(listener);
    return () => this.missedListeners.delete(listener);
  }

  /** Be in one more room for as long as it is needed. */
  join(room: string): () => void {
    const users = (this.rooms.get(room) ?? 0) + 1;
    this.rooms.set(room, users);
    if (users === 1 && this.socket?.connected) void this.ask("join", { room });
    return () => {
      const left = (this.rooms.get(room) ?? 1) - 1;
      if (left > 0) this.rooms.set(room, left);
      else {
        this.rooms.delete(room);
        if (this.socket?.connected) void this.ask("leave", { room });
      }
    };
  }

  connect(userId: number): void {
    this.disconnect();
    this.sequence = 0;
    this.newest.clear();
    const socket = io({
      transports: ["websocket"],
      auth: (give) => give({ token: session.token() }),
      reconnectionDelay: FIRST_RETRY_MILLISECONDS,
      reconnectionDelayMax: LONGEST_RETRY_MILLISECONDS,
    });
    this.socket = socket;
    socket.on("connect", () => void this.welcome(socket, userId));
    socket.on("disconnect", (why) => {
      this.become("offline");
      // The server hung up: the login ended, or it restarts. Only a fresh token will do.
      if (why === "io server disconnect") void this.knockAgain(socket);
    });
    socket.on("connect_error", () => {
      if (socket.active) this.become("offline");
      else void this.knockAgain(socket); // refused by the server, not by the network
    });
    socket.onAny((name: LiveName, envelope: Envelope) => this.hear(name, envelope));
  }

  disconnect(): void {
    this.socket?.removeAllListeners();
    this.socket?.disconnect();
    this.socket = null;
    this.become("connecting");
  }

  private async welcome(socket: Socket, userId: number): Promise<void> {
    const after = this.sequence; // before the rooms: what they bring meanwhile is newer
    const wanted = [...ROOMS, `user_${userId}`, ...this.rooms.keys()];
    await Promise.all(wanted.map((room) => this.ask("join", { room })));
    if (socket !== this.socket) return;
    const answer = after > 0 ? await this.ask<Resumption>("resume", { after }) : null;
    if (socket !== this.socket) return;
    const isWhole = answer?.status === "ok" && answer.more !== true;
    if (!isWhole) this.missedListeners.forEach((listener) => listener());
    this.become("live");
  }

  private async knockAgain(socket: Socket): Promise<void> {
    this.become("refused");
    const token = await session.refresh(session.token()).catch(() => session.token());
    if (token === null || socket !== this.socket) return;
    await new Promise((resolve) => setTimeout(resolve, this.sequence > 0 ? 1000 : REFUSED_RETRY_MILLISECONDS));
    if (socket === this.socket) socket.connect();
  }

  private ask<Answer>(event: string, payload: unknown): Promise<Answer | null> {
    const { socket } = this;
    if (!socket) return Promise.resolve(null);
    return socket
      .timeout(10_000)
      .emitWithAck(event, payload)
      .then((answer) => answer as Answer)
      .catch(() => null);
  }

  private hear(name: LiveName, envelope: Envelope): void {
    this.sequence = Math.max(this.sequence, envelope.sequence);
    const key = identity(name, envelope.entity);
    // What is sent again after an interruption may be older than what the rooms have brought meanwhile.
    if (envelope.sequence < (this.newest.get(key) ?? 0)) return;
    this.newest.set(key, envelope.sequence);
    this.hearers.get(name)?.forEach((hear) => (hear as Hear<LiveName>)(envelope));
  }

  private become(state: LiveStatus): void {
    if (state === this.state) return;
    this.state = state;
    this.statusListeners.forEach((listener) => listener());
  }
}

/** What an event is about: of two events about one thing the later holds. */
function identity(name: LiveName, entity: object): string {
  const kind = name.slice(0, name.indexOf(":"));
  const { id, symbol, interval, service_id: service } = entity as Record<string, string | number | undefined>;
  if (kind === "price") return `${kind} ${symbol ?? ""} ${interval ?? ""}`;
  return `${kind} ${id ?? service ?? ""}`;
}

export const live = new Live();
