import type { DeskMessage } from "@/components/api/types";

export type CloseReason = Extract<DeskMessage, { type: "pop_closed" }>["reason"];

/** The message in a frame, or null when it is none. A type this build does not know is let through and changes
 *  nothing, so that a newer server can say more. */
export function parseFrame(data: unknown): DeskMessage | null {
  if (typeof data !== "string") return null;
  try {
    const value = JSON.parse(data) as { type?: unknown } | null;
    return typeof value?.type === "string" ? (value as DeskMessage) : null;
  } catch {
    return null;
  }
}
