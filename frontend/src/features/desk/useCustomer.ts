import type { CustomerCard, Pop } from "@/components/api/types";
import { useDesk } from "./desk";

/** Whom the call is with: the one the agent picked or registered, else the one the server is surest of. */
export function useCustomer(pop: Pop): CustomerCard | null {
  const { picked } = useDesk().state;
  return picked[pop.call_id] ?? pop.candidates[0] ?? null;
}
