import type { CustomerCard, Pop } from "@/components/api/types";
import { likeliest } from "./popFacts";

/** Shown before the server tells it, so that a click is seen at once. `kept`: the server has answered the request. */
export interface Pick {
  customer: CustomerCard;
  kept: boolean;
}

export type Picks = Record<string, Pick>;

/** Whom the call is with: the one picked here a moment ago, else the one the server is surest of; nobody while nothing
 *  tells the first from the second. A card that the server has is fresher than ours. */
export function customerOf(pop: Pop, picks: Picks): CustomerCard | null {
  const mine = picks[pop.call_id]?.customer;
  if (!mine) return likeliest(pop);
  return pop.candidates.find((card) => card.id === mine.id) ?? mine;
}

export function picked(picks: Picks, callId: string, customer: CustomerCard): Picks {
  return { ...picks, [callId]: { customer, kept: false } };
}

/** The request was answered. The pick stays until the socket tells it too, which may come later. */
export function kept(picks: Picks, callId: string, customerId: string): Picks {
  const pick = picks[callId];
  return pick?.customer.id === customerId ? { ...picks, [callId]: { ...pick, kept: true } } : picks;
}

export function refused(picks: Picks, callId: string, customerId: string): Picks {
  return picks[callId]?.customer.id === customerId ? without(picks, callId) : picks;
}

/** What a pop that came makes of a pick: once the server names somebody else than before, or has answered, its word
 *  counts, which may be what another tab of the agent picked. */
export function settle(picks: Picks, before: Pop[], pop: Pop): Picks {
  const pick = picks[pop.call_id];
  if (!pick) return picks;
  const named = told(before.find((each) => each.call_id === pop.call_id));
  return pick.kept || told(pop) !== named ? without(picks, pop.call_id) : picks;
}

/** Whom the server is certain of. One who is alone is not called chosen, also when an agent chose him. */
function told(pop: Pop | undefined): string | undefined {
  const first = pop?.candidates[0];
  return first && (first.reason === "chosen" || first.reason === "only_match") ? first.id : undefined;
}

function without(picks: Picks, callId: string): Picks {
  const { [callId]: _gone, ...others } = picks;
  return others;
}
