import { useSyncExternalStore } from "react";

// A clerk's computer may be minutes off; timers must count by the server's clock.
const TOLERATED_MS = 2000;
let skew = 0;

/** Learn from a response's Date header (seconds) how far this computer's clock is off. */
export function noteServerTime(date: string | null): void {
  const server = date ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(server)) return;
  const seen = server - Date.now();
  skew = Math.abs(seen) > TOLERATED_MS ? seen : 0;
}

export function serverNow(): number {
  return Date.now() + skew;
}

// One timer for all running clocks on the screen, so that they tick together.
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let tick = serverNow();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  tick = serverNow();
  timer ??= setInterval(() => {
    tick = serverNow();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** A moment of this computer's clock, as the server's has it: ISO 8601. */
export function byServer(local: number): string {
  return new Date(local + skew).toISOString();
}

/** Milliseconds since 1970 by the server's clock, renewed each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => tick);
}
