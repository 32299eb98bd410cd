import type { Pop, Presence, QueueLive } from "@/components/api/types";

/** What the server says over /api/v1/desk. Unknown types are ignored, so that a newer server can say more. */
export type ServerMessage =
  | { type: "snapshot"; presence: Presence | null; pops: Pop[]; queues: QueueLive[] }
  | { type: "pop_opened"; pop: Pop }
  | { type: "pop_changed"; pop: Pop }
  | { type: "pop_closed"; call_id: string; reason: CloseReason }
  | { type: "presence_changed"; presence: Presence }
  | { type: "queues_changed"; queues: QueueLive[] }
  | { type: "transcript_changed"; call_id: string; state: string }
  | { type: "ticket_changed"; ticket_id: string; crm_state: string }
  | { type: "pong" };

export type CloseReason = "answered_elsewhere" | "abandoned" | "ended" | "missed";

/** The message in a frame, or null when it is none of ours. */
export function parseFrame(data: unknown): ServerMessage | null {
  if (typeof data !== "string") return null;
  try {
    const value = JSON.parse(data) as { type?: unknown } | null;
    return typeof value?.type === "string" ? (value as ServerMessage) : null;
  } catch {
    return null;
  }
}
