import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useReducer } from "react";
import type { DeskMessage, Me } from "@/components/api/types";
import { useSession } from "@/components/session/session";
import { DeskContext } from "./desk";
import { DeskSocket, deskUrl } from "./socket";
import { initialDesk, reduceDesk } from "./state";

/** Which lists a message makes old, by the first part of their keys. */
const STALE: Partial<Record<DeskMessage["type"], string>> = {
  pop_changed: "calls",
  pop_closed: "calls",
  transcript_changed: "calls",
  ticket_changed: "tickets",
};

/** One connection for all screens of the signed-in agent. */
export function DeskProvider({ children }: { children: ReactNode }) {
  const [state, dispatch] = useReducer(reduceDesk, initialDesk);
  const client = useQueryClient();
  const { csrf } = useSession().me;
  useEffect(() => {
    const socket = new DeskSocket(deskUrl(), {
      onMessage(message) {
        dispatch(message);
        const stale = STALE[message.type];
        if (stale) void client.invalidateQueries({ queryKey: [stale] });
      },
      onLost(refused) {
        dispatch({ type: "link", link: "reconnecting" });
        // A refused socket may mean that the session ran out: asking for it says so.
        if (refused) void client.invalidateQueries({ queryKey: ["session"] });
      },
      isSignedIn: () => client.getQueryData<Me | null>(["session"])?.csrf === csrf,
    });
    return () => socket.close();
  }, [client, csrf]);
  const desk = useMemo(() => ({ state, dispatch }), [state]);
  return <DeskContext.Provider value={desk}>{children}</DeskContext.Provider>;
}
