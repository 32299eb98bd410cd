import { createContext, type Dispatch, useContext } from "react";
import type { Pop } from "@/components/api/types";
import type { Action, DeskState } from "./state";

export interface Desk {
  state: DeskState;
  dispatch: Dispatch<Action>;
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("useDesk outside DeskProvider");
  return desk;
}

export function useSelectedPop(): Pop | null {
  const { pops, selected } = useDesk().state;
  return pops.find((pop) => pop.call_id === selected) ?? null;
}
