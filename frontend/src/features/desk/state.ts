import type { CustomerCard, DeskMessage, Pop, Presence, QueueLive } from "@/components/api/types";
import { kept, type Pick, picked, refused, settle } from "./picks";
import type { CloseReason } from "./protocol";

export type Link = "connecting" | "live" | "reconnecting";

export interface Closed {
  call_id: string;
  reason: CloseReason;
  name: string | null;
  number: string;
}

export interface DeskState {
  link: Link;
  presence: Presence | null;
  queues: QueueLive[];
  /** Oldest first. A call that ended stays until the agent, or the end of his wrap-up, puts it away. */
  pops: Pop[];
  selected: string | null;
  /** By call: what was picked here and the server has not told yet. */
  picked: Record<string, Pick>;
  /** Forms with unsaved words, as "call/form": such a call stays on the desk though the server let go of it. */
  drafts: string[];
  /** The last call that went away before this agent spoke with it. */
  lastClosed: Closed | null;
}

export type Action =
  | DeskMessage
  | { type: "link"; link: Link }
  | { type: "select"; call_id: string }
  | { type: "pick"; call_id: string; customer: CustomerCard }
  | { type: "pick_kept" | "pick_refused"; call_id: string; customer_id: string }
  | { type: "draft"; call_id: string; form: "ticket" | "note"; dirty: boolean }
  | { type: "dismiss"; call_id: string };

export const initialDesk: DeskState = {
  link: "connecting",
  presence: null,
  queues: [],
  pops: [],
  selected: null,
  picked: {},
  drafts: [],
  lastClosed: null,
};

/** State and message in, state out. */
export function reduceDesk(state: DeskState, action: Action): DeskState {
  switch (action.type) {
    case "link":
      return { ...state, link: action.link };
    case "snapshot":
      return reselect({
        ...state,
        ...action,
        pops: merge(state.pops, action.pops, state.drafts),
        picked: action.pops.reduce((picked, pop) => settle(picked, state.pops, pop), state.picked),
        link: "live",
      });
    case "pop_opened":
    case "pop_changed":
      return changed({ ...state, picked: settle(state.picked, state.pops, action.pop) }, action.pop);
    case "pop_closed":
      return closed(state, action.call_id, action.reason);
    case "presence_changed":
      return { ...state, presence: action.presence };
    case "queues_changed":
      return { ...state, queues: action.queues };
    case "select":
      return reselect({ ...state, selected: action.call_id });
    case "pick":
      return { ...state, picked: picked(state.picked, action.call_id, action.customer) };
    case "pick_kept":
      return { ...state, picked: kept(state.picked, action.call_id, action.customer_id) };
    case "pick_refused":
      return { ...state, picked: refused(state.picked, action.call_id, action.customer_id) };
    case "draft":
      return { ...state, drafts: drafted(state.drafts, `${action.call_id}/${action.form}`, action.dirty) };
    case "dismiss":
      return reselect({ ...state, pops: state.pops.filter((pop) => pop.call_id !== action.call_id) });
    default:
      return state;
  }
}

const isLive = (pop: Pop) => pop.state !== "ended";

function drafted(drafts: string[], key: string, dirty: boolean): string[] {
  const others = drafts.filter((each) => each !== key);
  return dirty ? [...others, key] : others;
}

const hasDraft = (drafts: string[], callId: string) => drafts.some((key) => key.startsWith(`${callId}/`));

/** What the server has counts; a call it no longer names is kept, as ended, while unsaved words hang on it. */
function merge(ours: Pop[], theirs: Pop[], drafts: string[]): Pop[] {
  const named = new Set(theirs.map((pop) => pop.call_id));
  const kept = ours
    .filter((pop) => !named.has(pop.call_id) && hasDraft(drafts, pop.call_id))
    .map((pop) => ({ ...pop, state: "ended" as const }));
  return [...kept, ...theirs];
}

function changed(state: DeskState, pop: Pop): DeskState {
  const known = state.pops.some((each) => each.call_id === pop.call_id);
  const pops = known
    ? state.pops.map((each) => (each.call_id === pop.call_id ? pop : each))
    : [...state.pops, pop];
  const current = state.pops.find((each) => each.call_id === state.selected);
  // A new call comes to the front, unless the agent is talking on another one.
  const front = !known && current?.state !== "talking" ? pop.call_id : state.selected;
  return reselect({ ...state, pops, selected: front, lastClosed: known ? state.lastClosed : null });
}

function closed(state: DeskState, callId: string, reason: CloseReason): DeskState {
  const pop = state.pops.find((each) => each.call_id === callId);
  if (!pop) return state;
  if (hasDraft(state.drafts, callId)) {
    return changed(state, { ...pop, state: "ended", ended_at: pop.ended_at ?? new Date().toISOString() });
  }
  const pops = state.pops.filter((each) => each.call_id !== callId);
  if (reason === "ended") return reselect({ ...state, pops });
  const name = pop.candidates.length === 1 ? (pop.candidates[0]?.name ?? null) : null;
  const lastClosed = { call_id: callId, reason, name, number: pop.number ?? pop.raw_number };
  return reselect({ ...state, lastClosed, pops });
}

/** Keep the selection on a pop that is there: the live one, else the newest. */
function reselect(state: DeskState): DeskState {
  if (state.pops.some((pop) => pop.call_id === state.selected)) return state;
  const next = state.pops.find(isLive) ?? state.pops.at(-1);
  return { ...state, selected: next?.call_id ?? null };
}
