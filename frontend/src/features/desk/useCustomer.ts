import type { CustomerCard, Pop } from "@/components/api/types";
import { useDesk } from "./desk";
import { likeliest } from "./popFacts";

/** Whom the call is with: the one the agent picked or registered, else the one the server is surest of; nobody while
 *  nothing tells the first from the second. */
export function useCustomer(pop: Pop): CustomerCard | null {
  const { picked } = useDesk().state;
  return picked[pop.call_id] ?? likeliest(pop);
}
