import type { CustomerCard, Pop } from "@/components/api/types";
import { useDesk } from "./desk";
import { customerOf } from "./picks";

/** Whom the call is with, or null. */
export function useCustomer(pop: Pop): CustomerCard | null {
  return customerOf(pop, useDesk().state.picked);
}
